import Capture
import TCPReassembly
import WSDecode

/// Joins the legs of one capture to sessions by `Sec-WebSocket-Key`, which proxies pass through.
///
/// A key alone is not enough: simple clients use one key for every connection. A leg belongs behind another
/// only if its handshake lies within the other's, as a proxy asks upstream before it answers; and two
/// connections from the same address to the same port are neighbours.
package enum SessionBuilder {
  /// - Parameter firstID: the id of the first session; the others count on from it.
  package static func sessions(of legs: [Leg], capture: Int, firstID: Int) -> [Session] {
    chains(of: legs).enumerated().map { index, chain in
      Session(id: firstID + index, capture: capture, legs: chain)
    }
  }

  private static func chains(of legs: [Leg]) -> [[Leg]] {
    var chains: [[Leg]] = []
    /// The chains that a key's next leg may continue.
    var byKey: [String: [Int]] = [:]
    for leg in legs.sorted(by: { $0.beginning.precedes($1.beginning) }) {
      guard let key = leg.request?.key else {
        chains.append([leg])
        continue
      }
      if let chain = byKey[key]?.last(where: { canFollow(leg, chains[$0]) }) {
        chains[chain].append(leg)
      } else {
        byKey[key, default: []].append(chains.count)
        chains.append([leg])
      }
    }
    return chains
  }

  private static func canFollow(_ leg: Leg, _ chain: [Leg]) -> Bool {
    guard let outer = chain.last, let request = leg.request else { return false }
    if let answered = outer.response?.packet, answered.precedes(request.packet) { return false }
    if let inner = leg.response?.packet, let answered = outer.response?.packet, answered.precedes(inner) {
      return false
    }
    return !chain.contains {
      $0.connection.client.address == leg.connection.client.address
        && $0.connection.server == leg.connection.server
    }
  }
}

extension Leg {
  fileprivate var beginning: PacketReference {
    request?.packet ?? response?.packet ?? connection.openedAt
  }
}
