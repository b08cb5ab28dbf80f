import Capture
import Streams

/// Finds the observations of one leg: at several places, before and after address translation, or twice
/// on `-i any`. Equal sequence numbers tell, as every hop has its own.
enum SameLeg {
  enum Trait: Hashable {
    /// Where both streams begin; of an HTTP/2 connection its streams begin at one place.
    case beginning(client: UInt32, server: UInt32, http2Stream: UInt32?)
    /// A frame and its place.
    case frame(Side, digest: UInt64, sequence: UInt32, http2Stream: UInt32?)

    // One word, of what nearly always differs: there are many. The streams of a connection differ by their numbers alone.
    func hash(into hasher: inout Hasher) {
      switch self {
      case .beginning(let client, let server, let stream):
        hasher.combine((UInt64(client) << 32 | UInt64(server)) ^ Self.word(stream))
      case .frame(_, let digest, let sequence, let stream):
        hasher.combine(digest ^ UInt64(sequence) ^ Self.word(stream))
      }
    }

    private static func word(_ stream: UInt32?) -> UInt64 { stream.map { UInt64($0).mixed() } ?? 0 }
  }

  /// - Returns: the legs, by the observations of each; `nil` if each was observed once.
  static func groups(_ legs: [Leg]) -> [[Int]]? {
    guard legs.count > 1 else { return nil }
    // Nearly all sessions.
    if legs.count == 2, areApart(legs[0], legs[1]) { return nil }
    var grouping = LegGrouping(count: legs.count)
    grouping.join {
      traits(of: legs[$0])
    } unless: {
      areApart(legs[$0], legs[$1])
    }
    return grouping.count == legs.count ? nil : grouping.groups()
  }

  private static func traits(of leg: Leg) -> [Trait] {
    var traits: [Trait] = []
    traits.reserveCapacity(1 + leg.client.marks.count + leg.server.marks.count)
    let stream = leg.connection.http2Stream
    if let client = leg.client.base, let server = leg.server.base {
      traits.append(.beginning(client: client.rawValue, server: server.rawValue, http2Stream: stream))
    }
    addFrames(of: leg.client, stream, to: &traits)
    addFrames(of: leg.server, stream, to: &traits)
    return traits
  }

  private static func addFrames(of direction: LegStream, _ stream: UInt32?, to traits: inout [Trait]) {
    guard let base = direction.base else { return }
    // A digest alone may be equal by chance or by habit; with 32 bits of place it is not.
    for mark in direction.marks.all {
      let sequence = base.rawValue &+ UInt32(truncatingIfNeeded: mark.offset)
      traits.append(.frame(direction.side, digest: mark.digest, sequence: sequence, http2Stream: stream))
    }
  }

  /// Whether two legs cannot be one although some of their sequence numbers are equal: those of a made-up
  /// capture may all begin alike, and what the server says is equal on every hop. The namespaces of one machine choose
  /// ports and sequence numbers alike, so that two pods that connect to their loopback at once have them in common.
  private static func areApart(_ a: Leg, _ b: Leg) -> Bool {
    a.connection.isOfAnotherHost(than: b.connection) || a.hasOtherKey(than: b)
      || endsApart(a.client, a.request?.endOffset, b.client, b.request?.endOffset)
      || endsApart(a.server, a.response?.endOffset, b.server, b.response?.endOffset)
      || areApart(a.client, b.client)
  }

  /// Whether the heads of two handshakes end at different places.
  private static func endsApart(_ a: LegStream, _ endA: UInt64?, _ b: LegStream, _ endB: UInt64?) -> Bool {
    guard let shift = a.shift(from: b), let endA, let endB else { return false }
    return Int64(clamping: endA) != Int64(clamping: endB) + shift
  }

  /// Whether two clients were never at one place of the sequence space.
  private static func areApart(_ a: LegStream, _ b: LegStream) -> Bool {
    guard let lead = a.shift(from: b) else { return false }
    return lead >= 0 ? UInt64(lead) > a.sentEnd : lead.magnitude > b.sentEnd
  }
}
