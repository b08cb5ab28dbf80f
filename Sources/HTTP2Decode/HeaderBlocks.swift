import Limits
import NIOCore
import NIOHPACK
import Streams

/// The header blocks of one direction (RFC 7541): each needs all that came before it.
///
/// What does not decode, or is larger than is worth it, loses the state for good: nothing is told of later
/// blocks.
struct HeaderBlocks {
  /// `nil` once a block was missed.
  private var decoder: HPACKDecoder?
  /// Of names, values and 32 bytes for each field, as SETTINGS_MAX_HEADER_LIST_SIZE counts.
  private static let maxListSize = Limits.standard.maxHeaderListBytes
  /// The most that a table may grow to. An encoder says itself how much of it is used (RFC 7541 §6.3); that
  /// the peer allowed it need not have been seen. Browsers allow 64 KB, proxies 4.
  private static let maxTableSize = Limits.standard.maxHeaderTableBytes

  init() {
    var decoder = HPACKDecoder(
      allocator: ByteBufferAllocator(), maxDynamicTableSize: HPACKDecoder.maxDynamicTableSize,
      maxHeaderListSize: Self.maxListSize)
    decoder.maxDynamicTableLength = Self.maxTableSize
    self.decoder = decoder
  }

  /// A block is missing, or a part of one.
  mutating func lose() { decoder = nil }

  /// - Returns: `nil` if the fields cannot be known.
  mutating func decode(_ block: [UInt8]) -> HTTPFields? {
    var buffer = ByteBuffer(bytes: block)
    guard let headers = try? decoder?.decodeHeaders(from: &buffer) else {
      lose()
      return nil
    }
    return HTTPFields(headers.map { (name: $0.name, value: $0.value) })
  }
}
