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
  /// What the SYN says of window scaling; `.unknown` in every other segment.
  package var windowScale: WindowScale = .unknown
  /// How far urgent data reaches beyond the sequence number; 0 without URG.
  package var urgentPointer: UInt16 = 0
  /// Header bytes with options, 20...60; the payload begins behind them.
  package var byteCount: Int

  /// - Parameters:
  ///   - frame: the captured bytes of one packet; snaplen may have cut it inside the options.
  ///   - offset: where the TCP header begins.
  /// - Throws: `.truncatedHeader` if fewer than 20 bytes were captured, `.badHeader` if the data
  ///   offset is below 5 words.
  @inline(__always)
  package init(parsing frame: Span<UInt8>, at offset: Int) throws(SkipReason) {
    guard frame.count - offset >= 20 else { throw .truncatedHeader }
    let fields = frame.extracting(offset..<offset + 20)
    byteCount = Int(fields[12] >> 4) * 4
    guard byteCount >= 20 else { throw .badHeader }
    sourcePort = fields.bigEndian16(at: 0)
    destinationPort = fields.bigEndian16(at: 2)
    sequence = SequenceNumber(fields.bigEndian32(at: 4))
    acknowledgment = SequenceNumber(fields.bigEndian32(at: 8))
    flags = TCPFlags(rawValue: fields[13])
    window = fields.bigEndian16(at: 14)
    // NOP, NOP, kind 8, length 10.
    if byteCount >= 32, frame.count - offset >= 28 {
      let options = frame.extracting(offset + 20..<offset + 28)
      if options.bigEndian32(at: 0) == 0x0101_080a { timestampValue = options.bigEndian32(at: 4) }
    }
    // All that is left is rare.
    guard !flags.isDisjoint(with: [.syn, .urg]) else { return }
    if flags.contains(.urg) { urgentPointer = fields.bigEndian16(at: 18) }
    if flags.contains(.syn) {
      windowScale = WindowScale(parsing: frame, offset + 20..<offset + byteCount)
    }
  }
}

extension WindowScale {
  /// Looks for the option among those of a header, which end at `options.upperBound` or where the capture cut
  /// them (RFC 9293 §3.1: kind, length, value; End and No-Operation are one byte).
  fileprivate init(parsing frame: Span<UInt8>, _ options: Range<Int>) {
    var index = options.lowerBound
    while index < options.upperBound {
      guard index < frame.count else {
        self = .unknown
        return
      }
      let kind = frame[index]
      if kind == 0 { break }
      if kind == 1 {
        index += 1
        continue
      }
      guard index + 1 < min(frame.count, options.upperBound) else {
        self = .unknown
        return
      }
      if kind == 3 {
        let isWhole = index + 2 < min(frame.count, options.upperBound)
        self = isWhole ? .shift(min(frame[index + 2], Self.largestShift)) : .unknown
        return
      }
      // A length below 2 would go on for ever.
      index += max(Int(frame[index + 1]), 2)
    }
    self = .absent
  }
}
