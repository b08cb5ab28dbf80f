/// The fixed part of a TCP header (RFC 9293 §3.1).
package struct TCPHeader: Equatable, Sendable {
  package var sourcePort: UInt16
  package var destinationPort: UInt16
  package var sequence: SequenceNumber
  package var acknowledgment: SequenceNumber
  package var flags: TCPFlags
  package var window: UInt16
  /// TSval, if the header has the timestamps option where RFC 7323 appendix A puts it.
  package var timestampValue: UInt32?
  /// Header bytes with options, 20...60; the payload begins behind them.
  package var byteCount: Int

  /// - Parameters:
  ///   - frame: the captured bytes of one packet; snaplen may have cut it inside the options.
  ///   - offset: where the TCP header begins.
  /// - Throws: `.truncatedHeader` if fewer than 20 bytes were captured, `.badHeader` if the data
  ///   offset is below 5 words.
  package init(parsing frame: Span<UInt8>, at offset: Int) throws(SkipReason) {
    guard frame.count - offset >= 20 else { throw .truncatedHeader }
    byteCount = Int(frame[offset + 12] >> 4) * 4
    guard byteCount >= 20 else { throw .badHeader }
    sourcePort = frame.bigEndian16(at: offset)
    destinationPort = frame.bigEndian16(at: offset + 2)
    sequence = SequenceNumber(frame.bigEndian32(at: offset + 4))
    acknowledgment = SequenceNumber(frame.bigEndian32(at: offset + 8))
    flags = TCPFlags(rawValue: frame[offset + 13])
    window = frame.bigEndian16(at: offset + 14)
    // NOP, NOP, kind 8, length 10.
    if byteCount >= 32, frame.count - offset >= 28, frame.bigEndian32(at: offset + 20) == 0x0101_080a {
      timestampValue = frame.bigEndian32(at: offset + 24)
    }
  }
}
