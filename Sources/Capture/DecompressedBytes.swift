/// The bytes of a capture, decompressed if they are compressed.
final class DecompressedBytes {
  /// Why there are no more bytes although there should be.
  enum Failure: Equatable {
    case system(Errno)
    /// The compressed data contradicts itself, or ends too early.
    case broken(Compression, at: UInt64)
    case cut(Compression, at: UInt64)
  }

  private let source: ByteSource
  private var decompressor: (any Decompressor)?
  private var compression: Compression?
  private var failure: Failure?
  private var hasBegun = false
  /// Bytes of the source that were not handed on yet, and the source's offset behind them.
  private var input: [UInt8] = []
  private var first = 0
  private var offset: UInt64 = 0
  private var isBetweenMembers = false
  private static let inputSize = 64 << 10

  init(_ source: ByteSource) { self.source = source }

  var mayWait: Bool { source.mayWait }
  var state: InputState {
    InputState(
      compression: compression, failure: failure, wasStopped: source.wasStopped, bytesRead: source.bytesRead)
  }

  /// Reads the next bytes.
  ///
  /// - Returns: how many; 0 at the end, or with a `failure`.
  func read(into target: UnsafeMutableRawBufferPointer) -> Int {
    if !hasBegun { begin() }
    guard compression != nil else { return unsafe readPlain(into: target) }
    return unsafe decompress(into: target)
  }

  /// Looks at the first bytes; more than those may be read to have them.
  private func begin() {
    hasBegun = true
    while input.count < Compression.magicLength, fill() {}
    compression = Compression(beginning: input[...])
    decompressor = compression?.makeDecompressor()
  }

  private func readPlain(into target: UnsafeMutableRawBufferPointer) -> Int {
    if first < input.count {
      let piece = input[first...].prefix(target.count)
      unsafe target.copyBytes(from: piece)
      first += piece.count
      return piece.count
    }
    let count = unsafe source.read(into: target)
    failure = source.failure.map { .system($0) }
    return count
  }

  private func decompress(into target: UnsafeMutableRawBufferPointer) -> Int {
    guard let decompressor, let compression, failure == nil else { return 0 }
    while true {
      if first == input.count, !fill() {
        if source.failure == nil, !source.wasStopped, !isBetweenMembers {
          failure = .cut(compression, at: offset)
        }
        return 0
      }
      let (step, isPadding) = unsafe input.withUnsafeBytes { bytes in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[first...])
        if isBetweenMembers, unsafe !decompressor.continues(with: rest) {
          return (DecompressionStep(consumed: 0, produced: 0, state: .ended), true)
        }
        return unsafe (decompressor.step(rest, into: target), false)
      }
      if isPadding { return 0 }
      first += step.consumed
      isBetweenMembers = step.state == .ended
      if step.produced > 0 { return step.produced }
      if step.state == .broken || step.consumed == 0 {
        failure = .broken(compression, at: offset - UInt64(input.count - first))
        return 0
      }
    }
  }

  /// Reads more of the source behind what is there; false at its end.
  private func fill() -> Bool {
    if first == input.count {
      input.removeAll(keepingCapacity: true)
      first = 0
    }
    let piece = unsafe [UInt8](unsafeUninitializedCapacity: Self.inputSize) { buffer, count in
      // SAFETY: `read` says how many bytes it has written.
      count = unsafe source.read(into: UnsafeMutableRawBufferPointer(buffer))
    }
    input += piece
    offset += UInt64(piece.count)
    failure = source.failure.map { .system($0) } ?? failure
    return !piece.isEmpty
  }
}
