/// The fragments of one IP packet that have come so far, in order and without overlaps.
struct FragmentedDatagram {
  /// How a fragment fits those that were there.
  enum Fit {
    case added, copy
    /// Some of its bytes were there; only the others were added.
    case overlap
    /// It says something else about where the packet ends, or would make it too long.
    case contradiction
  }

  private struct Piece {
    var offset: Int
    /// Bytes on the wire; the capture may hold fewer.
    var length: Int
    var bytes: [UInt8]
    var end: Int { offset + length }
  }

  /// What the IP packet carries, by its first fragment.
  private(set) var `protocol`: IPProtocol?
  private var pieces: [Piece] = []
  private var covered = 0
  /// Where the packet ends, once its last fragment is there.
  private var total: Int?
  /// The longest that the length fields of IPv4 and IPv6 allow.
  private static let maxLength = 65_535
  /// What it costs to keep a piece, besides its bytes.
  private static let pieceCost = 96

  var pieceCount: Int { pieces.count }
  private(set) var cost = 256
  var isComplete: Bool { total == covered }

  /// The bytes up to the first one that the capture does not hold, and their number on the wire.
  var content: (bytes: [UInt8], length: Int) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(covered)
    for piece in pieces {
      bytes += piece.bytes
      if piece.bytes.count < piece.length { break }
    }
    return (bytes, covered)
  }

  /// Where the pieces lie; what comes again with the same bounds is a copy.
  var bounds: [Range<Int>] { pieces.map { $0.offset..<$0.end } }

  /// - Parameters:
  ///   - captured: its bytes, at most `length`.
  ///   - length: more than 0.
  ///   - keepsOverlap: whether to add what is new of a fragment that overlaps others; the first bytes hold.
  mutating func add(
    _ fragment: IPFragment, _ captured: Span<UInt8>, length: Int, of number: IPProtocol, keepsOverlap: Bool
  ) -> Fit {
    let range = fragment.offset..<fragment.offset + length
    guard range.upperBound <= Self.maxLength, fits(range, isLast: fragment.isLast) else {
      return .contradiction
    }
    if fragment.isLast { total = range.upperBound }
    if fragment.offset == 0, `protocol` == nil { `protocol` = number }
    let first = firstPiece(endingBehind: range.lowerBound)
    guard first < pieces.count, pieces[first].offset < range.upperBound else {
      insert(range, captured, of: fragment.offset, at: first)
      return .added
    }
    if isCopy(range, captured, first) { return .copy }
    if keepsOverlap { fill(range, captured, from: first) }
    return .overlap
  }

  private func fits(_ range: Range<Int>, isLast: Bool) -> Bool {
    if let total { return isLast ? range.upperBound == total : range.upperBound <= total }
    return !isLast || (pieces.last?.end ?? 0) <= range.upperBound
  }

  private func firstPiece(endingBehind offset: Int) -> Int {
    pieces.indices.partitionPoint { pieces[$0].end > offset }
  }

  private func isCopy(_ range: Range<Int>, _ captured: Span<UInt8>, _ index: Int) -> Bool {
    let piece = pieces[index]
    guard piece.offset == range.lowerBound, piece.length == range.count else { return false }
    // The capture may have cut one of them shorter.
    return (0..<min(piece.bytes.count, captured.count)).allSatisfy { piece.bytes[$0] == captured[$0] }
  }

  /// Adds what lies between the pieces that are there.
  private mutating func fill(_ range: Range<Int>, _ captured: Span<UInt8>, from first: Int) {
    var index = first
    var offset = range.lowerBound
    while offset < range.upperBound {
      let next = index < pieces.count ? min(pieces[index].offset, range.upperBound) : range.upperBound
      if offset < next {
        insert(offset..<next, captured, of: range.lowerBound, at: index)
        index += 1
      }
      offset = index < pieces.count ? pieces[index].end : range.upperBound
      index += 1
    }
  }

  private mutating func insert(_ range: Range<Int>, _ captured: Span<UInt8>, of start: Int, at index: Int) {
    let from = min(range.lowerBound - start, captured.count)
    let to = min(range.upperBound - start, captured.count)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(to - from)
    for place in from..<to { bytes.append(captured[place]) }
    pieces.insert(Piece(offset: range.lowerBound, length: range.count, bytes: bytes), at: index)
    covered += range.count
    cost += bytes.count + Self.pieceCost
  }
}
