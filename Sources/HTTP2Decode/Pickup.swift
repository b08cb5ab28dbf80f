import Streams

/// A connection whose beginning was not captured: looks whether both directions, or one, consist of frames.
///
/// While they seem to, everything waits, so that nothing of an HTTP/2 connection is taken for something else.
struct Pickup {
  enum Verdict {
    case unknown
    /// What comes has to wait for a verdict.
    case wait
    case http2
    case other
  }
  private var finders = Sides(client: FrameFinder(), server: FrameFinder())
  var held = HeldStreams()
  /// On a connection that may be anything: much more than chance, and than programs write by habit.
  private static let enough = 100
  private static let enoughHeaders = 3
  private static let enoughAlignedEnds = 2
  /// If the other direction shows segments with which no frame begins: long frames, or another protocol.
  private static let enoughContradicted = 200
  private static let allowedFailures = 2
  /// How many segments may show nothing.
  private static let patience = 256

  mutating func receive(_ bytes: Span<UInt8>, _ chunk: StreamChunk) -> Verdict {
    finders[chunk.side].receive(bytes, chunk) { _ in false }
    return verdict
  }

  mutating func skip(_ side: Side, _ count: UInt64) -> Verdict {
    finders[side].skip(count)
    return verdict
  }

  private var verdict: Verdict {
    let (a, b) = (finders.client, finders.server)
    guard a.hasCandidate || b.hasCandidate else {
      return a.failures + b.failures > Self.patience ? .other : .unknown
    }
    let needed = isContradicted(a) || isContradicted(b) ? Self.enoughContradicted : Self.enough
    if a.evidence + b.evidence >= needed, a.headers + b.headers >= Self.enoughHeaders,
      a.alignedEnds + b.alignedEnds >= Self.enoughAlignedEnds
    {
      return .http2
    }
    return held.isFull ? .other : .wait
  }

  private func isContradicted(_ finder: FrameFinder) -> Bool {
    !finder.hasCandidate && finder.failures > Self.allowedFailures
  }
}
