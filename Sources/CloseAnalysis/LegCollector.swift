import Capture
import Streams
import WSDecode

/// Collects what each leg of one capture shows, in the order in which the legs begin.
package struct LegCollector: LegSink {
  private var found: [Leg?] = []
  private var index: [LegID: Int] = [:]

  private let capture: Int

  /// - Parameter capture: the capture's index among those of the report.
  package init(capture: Int = 0) { self.capture = capture }

  package var legs: [Leg] { found.compactMap { $0 } }

  package mutating func receive(_ event: LegEvent, on leg: LegID) {
    if case .opened(let opening) = event {
      index[leg] = found.count
      found.append(Leg(opening, id: leg, capture: capture))
    }
    guard let position = index[leg] else { return }
    found[position]?.take(event)
    switch event {
    case .stream(.closed): index[leg] = nil
    case .refuted:
      found[position] = nil
      index[leg] = nil
    default: break
    }
  }
}
