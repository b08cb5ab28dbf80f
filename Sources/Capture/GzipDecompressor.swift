import CZlib

/// Gzip members, one or several (RFC 1952 §2.2).
@safe
final class GzipDecompressor: Decompressor {
  private var stream = unsafe z_stream()
  /// zlib's largest window, and only the gzip format.
  private static let windowBits: Int32 = 15 + 16

  init() {
    // SAFETY: zlib allocates what it needs; without memory it fails, and so does each later step.
    _ = unsafe inflateInit2_(
      &stream, Self.windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
  }

  deinit { unsafe inflateEnd(&stream) }

  func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> DecompressionStep {
    // SAFETY: zlib reads and writes at most the counts given here, and forgets both when it returns.
    unsafe stream.next_in = UnsafeMutablePointer(
      mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
    unsafe stream.avail_in = UInt32(clamping: input.count)
    unsafe stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe stream.avail_out = UInt32(clamping: output.count)
    let status = unsafe inflate(&stream, Z_NO_FLUSH)
    let state: DecompressionStep.State =
      switch status {
      case Z_STREAM_END: unsafe inflateReset(&stream) == Z_OK ? .ended : .broken
      case Z_OK, Z_BUF_ERROR: .going
      default: .broken
      }
    return unsafe DecompressionStep(
      consumed: input.count - Int(stream.avail_in), produced: output.count - Int(stream.avail_out),
      state: state)
  }

  /// gzip itself passes over what follows the last member.
  func continues(with input: UnsafeRawBufferPointer) -> Bool { unsafe input.first == 0x1f }
}
