import Capture
import WSDecode

/// Keeps what it received.
struct LegLog: LegSink, Sendable {
  var items: [String] = []

  mutating func receive(_ event: LegEvent, on leg: LegID) { items.append("\(event) on \(leg.rawValue)") }

  mutating func receive(_ frames: Span<Frame>, on leg: LegID) {
    items.append("\(frames.indices.map { frames[$0] }) on \(leg.rawValue)")
  }

  mutating func receive(_ notice: CaptureNotice) { items.append("\(notice)") }
}
