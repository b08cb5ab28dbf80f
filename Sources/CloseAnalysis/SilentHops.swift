import Capture
import Streams

/// Hops of one WebSocket whose client says nothing, known by what the server says on both.
///
/// A server may say the same to all its clients. So the frames must be on two legs only, at the same
/// distance from each other, and nothing may speak against: neither handshakes nor masking keys that
/// differ, nor ends that make the legs two connections to one server, or of one client.
struct SilentHops {
  private let legs: [Leg]
  private let frames: FrameLinks?

  /// - Parameter frames: what frames are on other legs, too; `nil` if there are no others.
  init(_ legs: [Leg], _ frames: FrameLinks? = nil) {
    self.legs = legs
    self.frames = frames
  }

  private struct Pair: Hashable {
    var first: Int
    var second: Int
  }

  /// - Parameter areKnown: whether two legs are known to belong together.
  func pairs(unless areKnown: (Int, Int) -> Bool) -> [(Int, Int)] {
    guard legs.count > 1 else { return [] }
    var places = legs.indices.flatMap { leg in
      legs[leg].server.marks.all.map { (digest: $0.digest, leg: leg) }
    }
    places.sort { $0 < $1 }
    var shared: [Pair: Set<UInt64>] = [:]
    var start = 0
    while start < places.count {
      let digest = places[start].digest
      let end = places[start...].firstIndex { $0.digest != digest } ?? places.count
      let (first, last) = (places[start].leg, places[end - 1].leg)
      if first != last, places[start..<end].allSatisfy({ $0.leg == first || $0.leg == last }),
        frames?.isOfOneSet(digest) ?? true
      {
        shared[Pair(first: first, second: last), default: []].insert(digest)
      }
      start = end
    }
    return shared.filter { pair, digests in
      !areKnown(pair.first, pair.second) && isOne(pair.first, pair.second, sharing: digests)
    }.keys.map { ($0.first, $0.second) }
  }

  private func isOne(_ first: Int, _ second: Int, sharing digests: Set<UInt64>) -> Bool {
    let (a, b) = (legs[first], legs[second])
    return !a.hasOtherKey(than: b) && !haveDifferentClients(a, b)
      && !areNeighbours(a.connection, b.connection)
      && isEnough(a.server.marks.all.filter { digests.contains($0.digest) }, digests)
      && areEquallySpaced(a.server.marks.all, b.server.marks.all, digests)
  }

  // MARK: Evidence

  private static let longFrame: UInt64 = 1024

  /// Two different frames, or one that is long and comes again: short ones are alike everywhere.
  private func isEnough(_ marks: [FrameMark], _ digests: Set<UInt64>) -> Bool {
    digests.count > 1 || marks.count > 1 && marks.allSatisfy { $0.payloadLength >= Self.longFrame }
  }

  /// A proxy passes on every byte: what lies so far apart on one leg does so on the other.
  private func areEquallySpaced(_ a: [FrameMark], _ b: [FrameMark], _ digests: Set<UInt64>) -> Bool {
    let places = Self.singlePlaces(a)
    let others = Self.singlePlaces(b)
    let shifts = Set(
      digests.compactMap { digest -> UInt64? in
        guard let place = places[digest], let other = others[digest] else { return nil }
        return place &- other
      })
    return shifts.count <= 1
  }

  /// Where the frames lie of which there is only one like it.
  private static func singlePlaces(_ marks: [FrameMark]) -> [UInt64: UInt64] {
    Dictionary(grouping: marks, by: \.digest).compactMapValues { $0.count == 1 ? $0[0].offset : nil }
  }

  // MARK: What speaks against

  /// Masking keys are random and passed on: clients that both said something did not say the same.
  private func haveDifferentClients(_ a: Leg, _ b: Leg) -> Bool {
    let ours = a.client.marks.all.filter(\.isStrong)
    let theirs = b.client.marks.all.filter(\.isStrong)
    return !ours.isEmpty && !theirs.isEmpty
      && !ours.contains { mark in theirs.contains { $0.agrees(with: mark) } }
  }

  /// Two connections of one client are hops of one WebSocket only if proxy and client share a host.
  private func areNeighbours(_ a: Connection, _ b: Connection) -> Bool {
    if a.hasSameServer(as: b) { return a.isOfAnotherClient(than: b) }
    return a.clientHost == b.clientHost && !(a.isLocal && b.isLocal)
  }
}

extension Connection {
  /// Two connections to one server are hops of one WebSocket only if a redirect led the outer to a proxy on the server's
  /// host, which made the inner from there.
  func isOfAnotherClient(than other: Connection) -> Bool {
    hasSameServer(as: other) && isLocal == other.isLocal
  }

  fileprivate func hasSameServer(as other: Connection) -> Bool {
    serverHost == other.serverHost && server.port == other.server.port
  }

  fileprivate var isLocal: Bool { client.address.isOfOneHost || client.address == server.address }
}
