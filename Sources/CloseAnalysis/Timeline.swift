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
    let entries = legs.indices.flatMap { self.entries(of: $0) }
    // Packets of several captures have only their times in common.
    let isOneCapture = Set(entries.map(\.packet.capture)).count < 2
    return entries.sorted { a, b in
      if isOneCapture {
        return a.packet == b.packet ? a.leg < b.leg : a.packet.precedes(b.packet)
      }
      return (a.packet.time, a.leg) < (b.packet.time, b.leg)
    }
  }

  private func entries(of index: Int) -> [TimelineEntry] {
    let leg = legs[index]
    var entries: [TimelineEntry] = []
    func add(_ packet: PacketReference, _ from: Side, _ event: TimelineEntry.Event, _ detail: String) {
      entries.append(
        TimelineEntry(
          packet: packet, offset: packet.time.seconds(since: start.time), leg: index, from: from,
          event: event, detail: detail))
    }
    if let request = leg.request { add(request.packet, .client, .request, "upgrade request") }
    if let response = leg.response {
      add(response.packet, .server, .response, "\(response.status) \(response.statusText)")
    }
    func add(_ stream: LegStream) {
      for gap in stream.gaps.prefix(3) where gap.cause != .truncated {
        let bytes = gap.range.upperBound - gap.range.lowerBound
        let packet = stream.firstSign(of: gap)
        let why =
          if case .limit(let limit) = gap.cause { "given up (\(limit.rawValue))" } else { "not captured" }
        add(packet, stream.side, .gap, "\(Wording.count(bytes, "byte", "bytes")) \(why)")
      }
      if let close = stream.close {
        let text = close.body.summary
        add(
          close.frame.last, stream.side, .close,
          close.isCut ? (close.body.code == nil ? "cut before its code" : "\(text) (cut)") : text)
      }
      if let (opcode, packet) = stream.afterClose {
        let isClose = opcode == .close
        add(
          packet, stream.side, isClose ? .close : .frame,
          isClose ? "(second)" : "\(opcode) frame behind the Close frame")
      }
      if let alert = stream.alert { add(alert.packet, stream.side, .alert, alert.alert.name) }
      for end in stream.ends {
        let details = [end.kind.errorName, shortfall(end, index, stream.side)].compactMap { $0 }
        add(end.packet, stream.side, .end(end.kind), details.joined(separator: ", "))
      }
    }
    add(leg.server)
    add(leg.client)
    return entries
  }

  /// How many bytes of what the proxy had received are missing before this end.
  private func shortfall(_ end: SeenEnd, _ index: Int, _ side: Side) -> String? {
    guard side == .server, let forwarding = forwarding(from: index + 1, to: index), forwarding.dropped > 0
    else { return nil }
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
