import Capture
import Streams
import WSDecode

/// Keeps what it received.
struct LegLog: LegSink, Sendable {
  var items: [String] = []

  mutating func receive(_ event: LegEvent, on leg: LegID) { items.append("\(event) on \(leg.rawValue)") }

  mutating func receive(_ frame: Frame, on leg: LegID) { items.append("\(frame) on \(leg.rawValue)") }

  mutating func receive(
    _ frames: Span<WholeFrame>, of side: Side, in packet: PacketReference, on leg: LegID
  ) {
    items.append("\(frames.indices.map { frames[$0] }) of \(side) in \(packet) on \(leg.rawValue)")
  }

  mutating func receive(_ notice: CaptureNotice) { items.append("\(notice)") }
}
