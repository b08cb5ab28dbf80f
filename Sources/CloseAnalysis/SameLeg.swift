import Capture
import TCPReassembly

/// Finds the observations of one leg: at several places, before and after address translation, or twice
/// on `-i any`. Equal sequence numbers tell, as every hop has its own.
enum SameLeg {
  private enum Trait: Hashable {
    /// Where both streams begin.
    case beginning(client: UInt32, server: UInt32)
    /// A client's frame and its place.
    case frame(digest: UInt64, sequence: UInt32)
  }

  static func groups(_ legs: [Leg]) -> [[Int]] {
    var grouping = LegGrouping(count: legs.count)
    grouping.join { traits(of: legs[$0]) }
    return grouping.groups()
  }

  private static func traits(of leg: Leg) -> [Trait] {
    var traits: [Trait] = []
    if let client = leg.client.base, let server = leg.server.base {
      traits.append(.beginning(client: client.rawValue, server: server.rawValue))
    }
    for stream in [leg.client, leg.server] {
      guard let base = stream.base else { continue }
      // A digest alone may be equal by chance or by habit; with 32 bits of place it is not.
      for mark in stream.marks.all {
        let sequence = base.rawValue &+ UInt32(truncatingIfNeeded: mark.offset)
        traits.append(.frame(digest: mark.digest, sequence: sequence))
      }
    }
    return traits
  }
}
