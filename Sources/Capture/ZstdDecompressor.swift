import CZstd

/// Zstandard frames, one or several (RFC 8878 §3.1).
@safe
final class ZstdDecompressor: Decompressor {
  private let stream: OpaquePointer?
  /// Frames that need a larger window than 128 MB are refused, as zstd itself refuses them unless told otherwise.
  private static let maxWindowLog: Int32 = 27

  init() {
    unsafe stream = ZSTD_createDStream()
    unsafe ZSTD_DCtx_setParameter(stream, ZSTD_d_windowLogMax, Self.maxWindowLog)
  }

  deinit { unsafe ZSTD_freeDStream(stream) }

  func step(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) -> DecompressionStep {
    // SAFETY: zstd reads and writes at most the sizes given here, and forgets both when it returns.
    var from = unsafe ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
    var to = unsafe ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
    let status = unsafe ZSTD_decompressStream(stream, &to, &from)
    let state: DecompressionStep.State = ZSTD_isError(status) != 0 ? .broken : status == 0 ? .ended : .going
    return unsafe DecompressionStep(consumed: from.pos, produced: to.pos, state: state)
  }

  func continues(with input: UnsafeRawBufferPointer) -> Bool { true }
}
