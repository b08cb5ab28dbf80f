import Streams

/// What is kept of the current frame's payload: a Close frame's body always, else only what was asked for.
struct PayloadCollector {
  private let limit: Int
  private let inflater: MessageInflater?
  private var bytes: [UInt8] = []
  private var isCompressed = false
  /// Bytes are missing: what was kept ends in front of them.
  private var isCut = false
  private var isUnknown = false
  /// RFC 6455 §5.5: a control frame's payload is at most this long.
  private static let maxControlLength = 125

  init(side: Side, deflate: PermessageDeflate?, limit: Int) {
    self.limit = limit
    inflater =
      if let deflate, limit > 0 {
        MessageInflater(takesOver: side == .client ? deflate.clientTakesOver : deflate.serverTakesOver)
      } else {
        nil
      }
  }

  /// Whether payload is kept of other frames than Close.
  var isWanted: Bool { limit > 0 }

  /// - Parameter isFirst: whether a data frame begins a message, and so says whether that is compressed.
  mutating func begin(_ header: FrameHeader, isFirst: Bool) {
    bytes.removeAll(keepingCapacity: true)
    isCut = false
    isUnknown = false
    if !header.opcode.isControl && isFirst { isCompressed = header.reserved & FrameHeader.rsv1 != 0 }
  }

  /// - Parameter position: where in the payload the range begins.
  mutating func append(
    _ span: Span<UInt8>, _ range: Range<Int>, of header: FrameHeader, at position: UInt64
  ) {
    if limit > 0, isCompressed, !header.opcode.isControl {
      let piece = range.map { span[$0] ^ header.mask(at: position + UInt64($0 - range.lowerBound)) }
      take(inflater?.inflate(piece, limit: limit - bytes.count))
      return
    }
    let wanted = header.opcode == .close ? max(limit, Self.maxControlLength) : limit
    guard !isCut, bytes.count < wanted else { return }
    for index in range.prefix(wanted - bytes.count) {
      bytes.append(span[index] ^ header.mask(at: position + UInt64(index - range.lowerBound)))
    }
  }

  /// Payload bytes of the current frame are missing.
  mutating func lose(in header: FrameHeader) {
    isCut = true
    if isCompressed && !header.opcode.isControl { inflater?.lose() }
  }

  /// Ends a frame; returns its payload if it was asked for and is known.
  mutating func end(_ header: FrameHeader) -> [UInt8]? {
    guard isWanted else { return nil }
    if isCompressed, header.isFinal, !header.opcode.isControl {
      take(inflater?.endMessage(limit: limit - bytes.count))
    }
    return isUnknown ? nil : Array(bytes.prefix(limit))
  }

  func closeBody(length: UInt64) -> CloseBody { CloseBody(captured: bytes, length: length) }

  private mutating func take(_ decoded: [UInt8]?) {
    guard let decoded else {
      isUnknown = true
      return
    }
    bytes += decoded
  }
}
