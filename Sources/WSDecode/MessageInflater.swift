import CZlib

/// Undoes permessage-deflate for one direction of a leg (RFC 7692 §7.2.2), frame by frame.
@safe
package final class MessageInflater {
  private var stream: z_stream
  private let takesOver: Bool
  /// The window lacks bytes: nothing can be decoded until a message starts with an empty one.
  private var isBroken = false
  private static let tail: [UInt8] = [0x00, 0x00, 0xff, 0xff]
  private static let pieceSize = 16 << 10

  /// - Parameter takesOver: whether a message may refer to those before it.
  package init?(takesOver: Bool) {
    unsafe stream = unsafe z_stream()
    self.takesOver = takesOver
    // SAFETY: raw deflate with the largest window; ended in deinit.
    let status = unsafe inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { return nil }
  }

  deinit { unsafe inflateEnd(&stream) }

  /// - Parameters:
  ///   - bytes: unmasked payload of a compressed message.
  ///   - limit: how many decoded bytes are wanted; what is beyond is decoded and dropped.
  /// - Returns: decoded bytes; `nil` if they cannot be known.
  package func inflate(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
    guard !isBroken else { return nil }
    var input = bytes
    var output: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: Self.pieceSize)
    let status = unsafe input.withUnsafeMutableBufferPointer { input -> Int32 in
      unsafe stream.next_in = input.baseAddress
      unsafe stream.avail_in = UInt32(input.count)
      while true {
        // SAFETY: both buffers outlive the call, and zlib writes at most `avail_out` bytes.
        let (status, count) = unsafe piece.withUnsafeMutableBufferPointer { piece -> (Int32, Int) in
          unsafe stream.next_out = piece.baseAddress
          unsafe stream.avail_out = UInt32(piece.count)
          let status = unsafe CZlib.inflate(&stream, Z_SYNC_FLUSH)
          return unsafe (status, piece.count - Int(stream.avail_out))
        }
        output += piece[..<min(count, max(0, limit - output.count))]
        // A final block does not end the stream (RFC 7692 §7.2.3.4): go on, with the same window.
        if status == Z_STREAM_END, takesOver, unsafe inflateResetKeep(&stream) == Z_OK {
          if unsafe stream.avail_in == 0 { return Z_OK }
          continue
        }
        let isFull = count == piece.count
        if status != Z_OK || (unsafe stream.avail_in == 0 && !isFull) { return status }
      }
    }
    // Nothing in, nothing out is an error to zlib, not to us; a final block may end a message (§7.2.3.4).
    guard status == Z_OK || status == Z_BUF_ERROR || status == Z_STREAM_END else {
      isBroken = true
      return nil
    }
    return output
  }

  /// Ends a message: gives back what its last block still held.
  package func endMessage(limit: Int) -> [UInt8]? {
    let rest = inflate(Self.tail, limit: limit)
    if !takesOver { reset() }
    return rest
  }

  /// Bytes of a message are missing.
  func lose() { isBroken = true }

  private func reset() {
    isBroken = unsafe inflateReset(&stream) != Z_OK
  }
}
