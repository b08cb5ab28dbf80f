import Capture
import Streams
import WSDecode

/// Collects what each leg of one capture shows.
package struct LegCollector: LegSink, Sendable {
  private var live = LegSlots<Leg>()
  private var ended: [(id: LegID, value: Leg)] = []
  private let capture: Int

  /// - Parameter capture: the capture's index among those of the report.
  package init(capture: Int = 0) { self.capture = capture }

  /// In the order in which they began.
  package var legs: [Leg] { (ended + live.all).sorted { $0.id < $1.id }.map(\.value) }

  package mutating func receive(_ event: LegEvent, on id: LegID) {
    if case .opened(let opening) = event { live.open(Leg(opening, id: id, capture: capture), id) }
    guard live.take(event, on: id) else { return }
    switch event {
    case .stream(.closed): if let leg = live.end(id) { ended.append((id, leg)) }
    case .refuted: _ = live.end(id)
    default: break
    }
  }

  package mutating func receive(_ frame: Frame, on id: LegID) { _ = live.count(frame, on: id) }

  package mutating func receive(
    _ frames: Span<WholeFrame>, of side: Side, in packet: PacketReference, on id: LegID
  ) {
    _ = live.count(frames, of: side, in: packet, on: id)
  }

  package mutating func acknowledge(_ side: Side, upTo: UInt64, _ packet: PacketReference, on id: LegID) {
    live.acknowledge(side, upTo: upTo, packet, on: id)
  }
}
