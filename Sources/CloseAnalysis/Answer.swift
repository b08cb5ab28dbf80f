import Capture
import Streams
import WSDecode

extension Session {
  /// The answer in one or two English sentences.
  package var answer: String {
    switch verdict {
    case .delivered: delivered
    case .lost: lost
    case .absent: absent
    case .undetermined: undetermined
    case .open: "The connection was still open when the capture ended, and no Close frame had come."
    }
  }

  /// Of an answer in bytes: so many are there from the beginning, and it does not grow piece by piece.
  private static let usualLength = 320

  private var delivered: String {
    var text = String(roomFor: Self.usualLength)
    if let close, close.leg > 0, client.closeDiffers(from: legs[close.leg]), let arrived = client.server.close
    {
      text += "A Close frame reached \(hop.text), but not as the server sent it:"
      text += " \(Wording.close(arrived.body)) instead of \(Wording.close(close.seen.body))"
    } else {
      text += "The server's Close frame reached "
      text += hop.text
    }
    if hop.isProxy == true, let because = hop.because {
      text += " ("
      text += because
      text += ")"
    }
    if let after = teardown?.afterClose {
      text += ", "
      text += Wording.duration(abs(after))
      text += after < 0 ? " after " : " before "
      text += party
      text += after < 0 ? " had ended its side of the connection" : " ended the connection"
    } else if teardown == nil {
      text += "; the connection was still open when the capture ended"
    } else {
      text += ", before "
      text += party
      text += " ended the connection"
    }
    switch judgement.delivery.proof {
    case .echoed: text += ". It was answered with a Close frame."
    case .acknowledged where account != nil:
      text += ". The leg is encrypted: its records carry as many bytes as the proxy had received, and an ACK"
      text += " covers the one with the frame's end."
    case .acknowledged where judgement.delivery.isInferred:
      text += ". The frame itself is not in the capture, but an ACK covers its place."
    case .acknowledged, .sent, .none: text += ". An ACK covers it."
    }
    switch hop.isProxy {
    case true: text += " To see whether it reached the client behind, capture there too."
    case false: break
    case nil:
      text +=
        client.sealed != nil
        ? ""
        : client.isHandshakeCut
          ? " The capture cut the handshake (snaplen):" : " The handshake is not in the capture:"
      text += " \(hop.address) may be the client or a proxy before it."
    }
    return text
  }

  private var lost: String {
    var text = "The server's Close frame did not reach \(hop.text): "
    if let end = client.ending(by: .client),
      let sent = client.server.close?.frame.first ?? close?.seen.frame.last,
      end.packet.precedes(sent)
    {
      return text + "\(hop.shortText) had ended the connection with \(end.kind.name) before the frame came."
    }
    if judgement.delivery.proof == .sent {
      return text + "it was sent, but \(hop.shortText) answered with RST and never acknowledged it."
    }
    guard let forwarding, forwarding.dropped > 0 else {
      return text + "\(party) ended the connection without it."
    }
    let counts =
      "\(Wording.count(forwarding.forwarded)) of \(Wording.count(forwarding.received))"
    let dropped = "\(Wording.count(forwarding.dropped)) bytes were dropped, the Close frame among them"
    if forwarding.leg == 0 {
      return text + "\(party) ended the connection at byte \(counts); \(dropped)."
    }
    text +=
      "the proxy at \(legs[forwarding.leg].connection.server.address) ended its client's connection at byte"
    return text + " \(counts); \(dropped). What came from there \(proxyInFront) passed on."
  }

  private var absent: String {
    if let refusal {
      return "There was no WebSocket: \(refusal.party) \(refusal.verb) the upgrade with"
        + " \(refusal.response.status) \(refusal.response.statusText)."
    }
    if client.response == nil, !client.hasFrames {
      return "There was no WebSocket: the connection ended before the upgrade was answered."
    }
    var text = String(roomFor: Self.usualLength)
    text +=
      halfClose == nil
      ? "No captured leg carries a Close frame" : "No captured leg carries a whole Close frame"
    text += " from the server; "
    if let halfClose { text += "\(halfClose); " }
    text += ending
    if let last = legs.last, let name = last.proxyName {
      text += ". \(last.connection.server) is a proxy (\(name)): whether the server behind it sent one,"
      text += " a capture there would tell"
    }
    text += "."
    return text
  }

  /// Who ended first, and who passed that on.
  private var ending: String {
    guard let teardown else { return "\(party) ended the connection" }
    guard teardown.by == .proxy, let origin, origin.party == .server,
      legs.last?.proxyName == nil
    else { return "\(party) ended the connection with \(teardown.end.kind.name)" }
    let delay = teardown.end.packet.time.seconds(since: origin.end.packet.time)
    let server = legs.last?.hasResponse != true ? "the server's end" : "the server"
    let later = delay >= 0 ? ", \(Wording.duration(delay)) later" : ""
    return
      "\(server) ended its connection first, with \(origin.end.kind.name), and \(party) passed that on with"
      + " \(teardown.end.kind.name)\(later)"
  }

  private var undetermined: String {
    let what =
      close == nil
      ? "Whether the server sent a Close frame cannot be told"
      : "Whether the server's Close frame reached \(hop.text) cannot be told"
    switch judgement.reason {
    case .gap: return "\(what): bytes that may have held it are not in the capture."
    case .truncated: return "\(what): the capture cut the packets that may have held it (snaplen)."
    case .oneSided: return "\(what): only one direction of the connection was captured."
    case .captureEnded: return "\(what): the capture ended before it showed."
    case .limit: return "\(what): \(limitText)."
    case .encrypted:
      return "\(what): the leg in front of the proxy is encrypted, and what crossed it cannot be counted."
    case .unacknowledged: return "\(what): it was sent, and no acknowledgment of it was captured."
    case .dropped:
      return
        "\(what): the capture missed packets while the connection was open, and what was not seen may be"
        + " among them."
    case nil: return "\(what)."
    }
  }

  /// Which limit hides it, by the name of its option.
  private var limitText: String {
    guard let limit else { return "a limit of wsclose was hit" }
    let consequence =
      limit.isForgotten
      ? "the connection was forgotten before it had ended" : "bytes that may have held it were given up"
    return "a limit of wsclose was hit (\(limit.option.rawValue)), and \(consequence)"
  }

  private var party: String {
    switch teardown?.by {
    case .client: hop.shortText
    case .proxy: proxyInFront
    case .server: "the server"
    // The packet that is known is the server's, or an earlier one of the other side is missing.
    case .unknown where client.ending == nil: "one side"
    case .unknown, nil: "\(client.connection.server)"
    }
  }

  /// The proxy behind the client-most leg; by its address where there are several.
  private var proxyInFront: String {
    legs.count > 2 ? "the proxy at \(client.connection.server.address)" : "the proxy"
  }
}
