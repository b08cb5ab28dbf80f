import Capture
import Streams

/// A segment that came before the bytes in front of it.
struct HeldSegment {
  var range: Range<UInt64>
  /// Shorter than `range` if the capture cut the packet.
  var bytes: [UInt8]
  var packet: PacketReference
}

/// The out-of-order segments of one direction: sorted, never overlapping. Where two segments disagree
/// about a byte, the one captured first is kept.
struct HeldSegments {
  private var segments: [HeldSegment] = []
  /// What the segments cost, bookkeeping included, so that tiny ones cannot hide from the limit.
  private(set) var cost = 0

  static func cost(of byteCount: Int) -> Int { byteCount + MemoryLayout<HeldSegment>.stride + 32 }

  var isEmpty: Bool { segments.isEmpty }
  var count: Int { segments.count }
  var start: UInt64? { segments.first?.range.lowerBound }

  /// Keeps the parts of a segment that no held one covers; returns the parts that were covered.
  mutating func insert(
    _ range: Range<UInt64>, _ bytes: Span<UInt8>, _ packet: PacketReference
  ) -> [Range<UInt64>] {
    var index = firstIndex(endingAfter: range.lowerBound)
    var position = range.lowerBound
    var covered: [Range<UInt64>] = []
    while position < range.upperBound {
      let next = index < segments.count ? segments[index].range : range.upperBound..<UInt64.max
      let free = min(next.lowerBound, range.upperBound)
      if position < free {
        insert(position..<free, from: range, bytes, packet, at: index)
        index += 1
      }
      let end = min(next.upperBound, range.upperBound)
      if max(free, position) < end { covered.append(max(free, position)..<end) }
      position = max(end, free)
      index += 1
    }
    return covered
  }

  /// Whether a segment has other bytes than the held ones that cover it.
  func contradicts(_ range: Range<UInt64>, _ bytes: Span<UInt8>) -> Bool {
    var index = firstIndex(endingAfter: range.lowerBound)
    while index < segments.count, segments[index].range.lowerBound < range.upperBound {
      let other = segments[index]
      let start = max(other.range.lowerBound, range.lowerBound)
      let (mine, theirs) = (Int(start - range.lowerBound), Int(start - other.range.lowerBound))
      let end = min(other.range.upperBound, range.upperBound)
      let count = min(Int(end - start), bytes.count - mine, other.bytes.count - theirs)
      if count > 0, (0..<count).contains(where: { bytes[mine + $0] != other.bytes[theirs + $0] }) {
        return true
      }
      index += 1
    }
    return false
  }

  /// Takes out the segments that follow each other without a hole from `offset` on.
  mutating func takeRun(from offset: UInt64) -> [HeldSegment] {
    var end = offset
    var count = 0
    while count < segments.count, segments[count].range.lowerBound <= end {
      end = segments[count].range.upperBound
      cost -= Self.cost(of: segments[count].bytes.count)
      count += 1
    }
    defer { segments.removeFirst(count) }
    return Array(segments[..<count])
  }

  private mutating func insert(
    _ piece: Range<UInt64>, from range: Range<UInt64>, _ bytes: Span<UInt8>, _ packet: PacketReference,
    at index: Int
  ) {
    let first = min(Int(piece.lowerBound - range.lowerBound), bytes.count)
    let end = min(Int(piece.upperBound - range.lowerBound), bytes.count)
    let copy = [UInt8](bytes, first..<end)
    segments.insert(HeldSegment(range: piece, bytes: copy, packet: packet), at: index)
    cost += Self.cost(of: end - first)
  }

  private func firstIndex(endingAfter offset: UInt64) -> Int {
    // Most segments come in order, behind all that is held.
    if let last = segments.last, last.range.upperBound <= offset { return segments.count }
    return segments.indices.partitionPoint { segments[$0].range.upperBound > offset }
  }
}
