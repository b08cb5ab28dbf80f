import Capture
import Streams
import WSDecode

/// One line of what happened, in the order of time.
package struct TimelineEntry: Hashable, Sendable {
  package enum Event: Hashable, Sendable {
    case request, response, close, gap, alert
    /// A frame that must not be there.
    case frame
    case end(EndKind)

    /// Whether it is a part of the opening handshake.
    package var isHandshake: Bool {
      switch self {
      case .request, .response: true
      default: false
      }
    }

    /// As reports call it.
    package var name: String {
      switch self {
      case .request: "request"
      case .response: "response"
      case .close: "CLOSE"
      case .gap: "gap"
      case .frame: "frame"
      case .alert: "ALERT"
      case .end(let kind): kind.name
      }
    }
  }
  package var packet: PacketReference
  /// Seconds since the session's start.
  package var offset: Double
  /// The leg, as an index of the session's legs.
  package var leg: Int
  package var from: Side
  package var event: Event
  package var detail: String
}

extension Session {
  package var timeline: [TimelineEntry] {
    var entries: [TimelineEntry] = []
    // The handshake's two, and of each stream a Close frame and an end.
    entries.reserveCapacity(6 * legs.count)
    for index in legs.indices {
      addHandshake(of: index, to: &entries)
      add(legs[index].server, of: index, to: &entries)
      add(legs[index].client, of: index, to: &entries)
    }
    // Packets of several captures have only their times in common.
    let isOneCapture = entries.allSatisfy { $0.packet.capture == entries[0].packet.capture }
    entries.sort { a, b in
      if isOneCapture {
        return a.packet == b.packet ? a.leg < b.leg : a.packet.precedes(b.packet)
      }
      return (a.packet.time, a.leg) < (b.packet.time, b.leg)
    }
    return entries
  }

  private func entry(
    _ packet: PacketReference, of leg: Int, _ from: Side, _ event: TimelineEntry.Event, _ detail: String
  ) -> TimelineEntry {
    TimelineEntry(
      packet: packet, offset: packet.time.seconds(since: start.time), leg: leg, from: from, event: event,
      detail: detail)
  }

  private func addHandshake(of leg: Int, to entries: inout [TimelineEntry]) {
    if let packet = legs[leg].request?.packet {
      entries.append(entry(packet, of: leg, .client, .request, "upgrade request"))
    }
    if let packet = legs[leg].response?.packet, let status = legs[leg].response?.status,
      let text = legs[leg].response?.statusText
    {
      // Nearly all say the same.
      let isUsual = status == 101 && text == "Switching Protocols"
      let detail = isUsual ? "101 Switching Protocols" : "\(status) \(text)"
      entries.append(entry(packet, of: leg, .server, .response, detail))
    }
  }

  private func add(_ stream: LegStream, of leg: Int, to entries: inout [TimelineEntry]) {
    func add(_ packet: PacketReference, _ event: TimelineEntry.Event, _ detail: String) {
      entries.append(entry(packet, of: leg, stream.side, event, detail))
    }
    for gap in stream.gaps.prefix(3) where gap.cause != .truncated {
      let bytes = gap.range.upperBound - gap.range.lowerBound
      let why =
        if case .limit(let limit) = gap.cause { "given up (\(limit.rawValue))" } else { "not captured" }
      add(stream.firstSign(of: gap), .gap, "\(Wording.count(bytes, "byte", "bytes")) \(why)")
    }
    if let close = stream.close {
      let text = close.body.summary
      add(
        close.frame.last, .close,
        close.isCut ? (close.body.code == nil ? "cut before its code" : "\(text) (cut)") : text)
    }
    if let (opcode, packet) = stream.afterClose {
      let isClose = opcode == .close
      add(
        packet, isClose ? .close : .frame, isClose ? "(second)" : "\(opcode) frame behind the Close frame")
    }
    if let alert = stream.alert { add(alert.packet, .alert, alert.alert.name) }
    func add(_ end: SeenEnd) {
      let name = end.kind.errorName ?? ""
      let lack = stream.side == .server ? shortfall(on: leg) : nil
      add(end.packet, .end(end.kind), lack.map { name.isEmpty ? $0 : name + ", " + $0 } ?? name)
    }
    if let fin = stream.fin { add(fin) }
    if let rst = stream.rst { add(rst) }
  }

  /// How many bytes of what the proxy behind a leg had received are missing before the leg's end.
  private func shortfall(on leg: Int) -> String? {
    guard leg < hops.count, let forwarding = hops[leg].passedOn, forwarding.dropped > 0 else { return nil }
    return "\(Wording.count(forwarding.dropped)) bytes short"
  }
}

extension LegStream {
  /// The first packet that shows a gap: what lies behind it in the stream comes after it.
  fileprivate func firstSign(of gap: SeenGap) -> PacketReference {
    var sign = gap.packet
    if let close, close.frame.range.lowerBound >= gap.range.upperBound, close.frame.first.precedes(sign) {
      sign = close.frame.first
    }
    if let fin, fin.offset >= gap.range.upperBound, fin.packet.precedes(sign) { sign = fin.packet }
    return sign
  }
}
