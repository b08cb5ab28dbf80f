import Capture
import Streams

/// How the bytes toward the client of two legs of one session correspond: proxies pass what follows the
/// handshake unchanged, so they differ by a constant.
struct LegAlignment {
  /// The same place in both streams.
  let outer: UInt64
  let inner: UInt64

  init?(_ outer: Leg, _ inner: Leg) {
    if outer.server.hasGapOfUnknownLength || inner.server.hasGapOfUnknownLength { return nil }
    if let here = outer.frameBeginning, let there = inner.frameBeginning {
      (self.outer, self.inner) = (here, there)
    } else if let (here, there) = CommonFrames(outer.server.marks, inner.server.marks)?.pair {
      (self.outer, self.inner) = (here.offset, there.offset)
    } else {
      return nil
    }
  }

  /// Where a byte of the inner leg lies on the outer one.
  func outer(ofInner offset: UInt64) -> UInt64? {
    offset >= inner ? outer + (offset - inner) : nil
  }
}

extension Leg {
  /// Where the first frame toward the client begins.
  fileprivate var frameBeginning: UInt64? {
    isRefused ? nil : response?.endOffset
  }
}
