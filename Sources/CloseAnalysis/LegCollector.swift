import Capture
import TCPReassembly
import WSDecode

/// Collects what each leg of one capture shows, in the order in which the legs begin.
package struct LegCollector: LegSink {
  package private(set) var legs: [Leg] = []
  private var index: [LegID: Int] = [:]

  package init() {}

  package mutating func receive(_ event: LegEvent, on leg: LegID) {
    if case .opened(let opening) = event {
      index[leg] = legs.count
      legs.append(Leg(id: leg, opening: opening))
    }
    guard let position = index[leg] else { return }
    legs[position].take(event)
    if case .stream(.closed) = event { index[leg] = nil }
  }
}
