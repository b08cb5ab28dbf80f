import Capture

/// The two ends of a connection in a network namespace, the same for both directions. A tunnel is no part of it: see `Encapsulation`.
struct FlowKey: Equatable {
  var low: Endpoint
  var high: Endpoint
  var realm: UInt16

  init(_ a: Endpoint, _ b: Endpoint, realm: UInt16 = 0) {
    self.realm = realm
    (low, high) = a < b ? (a, b) : (b, a)
  }
}
