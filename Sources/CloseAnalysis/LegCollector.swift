import Capture
import TCPReassembly
import WSDecode

/// Collects what each leg of one capture shows, in the order in which the legs begin.
package struct LegCollector: LegSink {
  package private(set) var legs: [Leg] = []
  private var index: [LegID: Int] = [:]

  private let capture: Int

  /// - Parameter capture: the capture's index among those of the report.
  package init(capture: Int = 0) { self.capture = capture }

  package mutating func receive(_ event: LegEvent, on leg: LegID) {
    if case .opened(let opening) = event {
      index[leg] = legs.count
      legs.append(Leg(opening, capture: capture))
    }
    guard let position = index[leg] else { return }
    legs[position].take(event)
    if case .stream(.closed) = event { index[leg] = nil }
  }
}
