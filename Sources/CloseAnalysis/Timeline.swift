import Capture
import TCPReassembly
import WSDecode

/// One line of what happened, in the order of time.
package struct TimelineEntry: Hashable, Sendable {
  package enum Event: String, Sendable {
    case request, response, close = "CLOSE", fin = "FIN", rst = "RST", gap
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
      if isOneCapture { return (a.packet.number, a.leg) < (b.packet.number, b.leg) }
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
    for stream in [leg.server, leg.client] {
      if let close = stream.close {
        let text = close.body.summary
        add(close.frame.last, stream.side, .close, close.isCut ? "\(text) (cut)" : text)
      }
      for gap in stream.gaps.prefix(3) where gap.cause == .notCaptured {
        let bytes = gap.range.upperBound - gap.range.lowerBound
        add(gap.packet, stream.side, .gap, "\(Wording.count(bytes, "byte", "bytes")) not captured")
      }
      if let fin = stream.fin { add(fin.packet, stream.side, .fin, shortfall(fin, index, stream.side)) }
      if let rst = stream.rst { add(rst.packet, stream.side, .rst, shortfall(rst, index, stream.side)) }
    }
    return entries
  }

  /// How many bytes of what the proxy had received are missing before this end.
  private func shortfall(_ end: SeenEnd, _ index: Int, _ side: Side) -> String {
    guard side == .server, let forwarding = forwarding(from: index + 1, to: index), forwarding.dropped > 0
    else { return "" }
    return "\(Wording.count(forwarding.dropped)) bytes short"
  }
}
