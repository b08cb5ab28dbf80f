import Streams

/// The first bytes of a connection, held back until they tell whether it is TLS.
struct Prelude {
  private let sawStart: Bool
  private(set) var items: [ParkedStream.Item] = []
  private var first: (side: Side, offset: UInt64, bytes: [UInt8])?
  /// Where the client's stream begins: behind a header of the PROXY protocol.
  var clientBegins: UInt64 = 0
  private static let needed = 8
  private static let connect = Array("CONNECT ".utf8)

  init(sawStart: Bool) { self.sawStart = sawStart }

  enum Verdict {
    case unknown
    /// TLS from its beginning on.
    case hello
    /// TLS, its beginning not captured.
    case record
    /// HTTP/1.1 CONNECT.
    case connect
    case other
  }

  /// Whether the first bytes are those that one side began with.
  var isBeginning: Bool {
    guard sawStart, let first else { return false }
    return first.offset == (first.side == .client ? clientBegins : 0)
  }

  /// Keeps bytes that do not tell.
  mutating func hold(_ bytes: Span<UInt8>, _ chunk: StreamChunk) {
    items.append(.bytes([UInt8](bytes, 0..<bytes.count), chunk))
  }

  /// Looks at the next bytes.
  mutating func judge(_ bytes: Span<UInt8>, _ chunk: StreamChunk) -> Verdict {
    if first == nil {
      first = (chunk.side, chunk.offset, [])
      // As nearly always: they need not be kept to tell.
      if bytes.count >= Self.needed {
        return Self.judge(bytes.extracting(0..<Self.needed), from: chunk.side, isBeginning: isBeginning)
      }
    }
    if first?.side == chunk.side, let known = first?.bytes.count, known < Self.needed {
      first?.bytes.append(bytes, 0..<min(bytes.count, Self.needed - known))
    }
    guard let first else { return .unknown }
    return Self.judge(first.bytes.span, from: first.side, isBeginning: isBeginning)
  }

  /// Keeps an event in its place behind bytes that are held back; false if there are none.
  mutating func holds(_ event: StreamEvent) -> Bool {
    guard !items.isEmpty, items.count < Self.needed * 2 else { return false }
    switch event {
    case .ended, .closed, .gap: return false
    default:
      items.append(.event(event))
      return true
    }
  }

  private static func judge(_ bytes: Span<UInt8>, from side: Side, isBeginning: Bool) -> Verdict {
    let isRecord =
      bytes.count < TLSRecordHeader.byteCount
      ? isBeginningOfRecord(bytes) : TLSRecordHeader(bytes, at: 0) != nil
    if isRecord {
      guard bytes.count > TLSRecordHeader.byteCount else { return .unknown }
      return isBeginning && isHello(bytes, from: side) ? .hello : isBeginning ? .other : .record
    }
    guard side == .client, isBeginning else { return .other }
    for index in bytes.indices where bytes[index] != connect[index] { return .other }
    return bytes.count < connect.count ? .unknown : .connect
  }

  private static func isBeginningOfRecord(_ bytes: Span<UInt8>) -> Bool {
    guard !bytes.isEmpty, (20...23).contains(bytes[0]) else { return false }
    return bytes.count < 2 || bytes[1] == 3
  }

  /// Whether a record begins with the hello message of that side.
  static func isHello(_ bytes: Span<UInt8>, from side: Side) -> Bool {
    guard bytes.count > TLSRecordHeader.byteCount else { return false }
    guard let header = TLSRecordHeader(bytes, at: 0), header.type == .handshake else { return false }
    return bytes[TLSRecordHeader.byteCount]
      == (side == .client ? HandshakeType.clientHello : HandshakeType.serverHello)
  }

  /// Whether a segment is made of protected records without a rest; of random bytes one in 2^38 is.
  static func isWholeRecords(_ bytes: Span<UInt8>) -> Bool {
    var index = 0
    while index < bytes.count {
      guard bytes.count - index > TLSRecordHeader.byteCount,
        let header = TLSRecordHeader(bytes, at: index),
        header.type == .applicationData, header.version == 0x0303
      else { return false }
      index += TLSRecordHeader.byteCount + header.bodyLength
    }
    return index == bytes.count && index > 0
  }
}
