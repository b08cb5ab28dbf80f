import Capture

/// The two ends of a connection in a network namespace, the same for both directions. A tunnel is no part of it: see `Encapsulation`.
///
/// Nothing but whole words: it is made of a packet, hashed and compared at once, and a word that is read right after its parts
/// were written has to wait for them.
struct FlowKey: Equatable {
  let lowAddress: IPAddress
  let highAddress: IPAddress
  /// The namespace and both ports.
  let places: UInt64

  init(_ a: Endpoint, _ b: Endpoint, realm: UInt16 = 0) {
    let isInOrder = a < b
    lowAddress = isInOrder ? a.address : b.address
    highAddress = isInOrder ? b.address : a.address
    let (lowPort, highPort) = isInOrder ? (a.port, b.port) : (b.port, a.port)
    places = UInt64(realm) << 32 | UInt64(lowPort) << 16 | UInt64(highPort)
  }

  var low: Endpoint { Endpoint(address: lowAddress, port: UInt16(truncatingIfNeeded: places >> 16)) }
  var high: Endpoint { Endpoint(address: highAddress, port: UInt16(truncatingIfNeeded: places)) }
  var realm: UInt16 { UInt16(truncatingIfNeeded: places >> 32) }

  static func == (a: FlowKey, b: FlowKey) -> Bool {
    a.places == b.places && a.lowAddress == b.lowAddress && a.highAddress == b.highAddress
  }
}
