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

  private var delivered: String {
    var text = "The server's Close frame reached \(hop.text)"
    if hop.isProxy == true, let because = hop.because { text += " (\(because))" }
    if let after = teardown?.afterClose {
      text += after < 0 ? "" : ", \(Wording.seconds(after)) before \(party) ended the connection"
    } else {
      text += "; the connection was still open when the capture ended"
    }
    switch judgement.delivery.proof {
    case .echoed: text += ". It was answered with a Close frame."
    case .acknowledged where judgement.delivery.isInferred:
      text += ". The frame itself is not in the capture, but an ACK covers its place."
    case .acknowledged, .sent, .none: text += ". An ACK covers it."
    }
    switch hop.isProxy {
    case true: text += " To see whether it reached the client behind, capture there too."
    case false: break
    case nil:
      text += " The handshake is not in the capture: \(hop.address) may be the client or a proxy before it."
    }
    return text
  }

  private var lost: String {
    var text = "The server's Close frame did not reach \(hop.text): "
    if judgement.delivery.proof == .sent {
      return text + "it was sent, but \(hop.shortText) answered with RST and never acknowledged it."
    }
    guard let forwarding, forwarding.dropped > 0 else {
      return text + "\(party) ended the connection without it."
    }
    text += "\(party) ended the connection at byte \(Wording.count(forwarding.forwarded)) of "
    text += "\(Wording.count(forwarding.received)); \(Wording.count(forwarding.dropped)) bytes were dropped,"
    return text + " the Close frame among them."
  }

  private var absent: String {
    if let response = client.response, client.isRefused {
      return "There was no WebSocket: the server refused the upgrade with \(response.status)"
        + " \(response.statusText)."
    }
    if client.response == nil, !client.hasFrames {
      return "There was no WebSocket: the connection ended before the upgrade was answered."
    }
    var text = "No captured leg carries a Close frame from the server; "
    text += "\(party) ended the connection"
    if let teardown { text += " with \(teardown.end.kind.name)" }
    if let last = legs.last, let name = Proxy.name(in: last.response) {
      text += ". \(last.connection.server) is a proxy (\(name)): whether the server behind it sent one,"
      text += " a capture there would tell"
    }
    return text + "."
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
    case .encrypted:
      return "\(what): the leg in front of the proxy is encrypted, and what crossed it cannot be counted."
    case .unacknowledged: return "\(what): it was sent, and no acknowledgment of it was captured."
    case nil: return "\(what)."
    }
  }

  private var party: String {
    switch teardown?.by {
    case .client: hop.shortText
    case .proxy: "the proxy"
    case .server: "the server"
    case .unknown, nil: "somebody"
    }
  }
}
