import Capture
import Streams

/// What a stage put out as streams; checks what the stages behind it rely on.
struct StreamLog: StreamSink {
  /// Bytes that follow each other are one entry, however they came.
  enum Entry: Equatable {
    case bytes([UInt8], at: UInt64)
    case event(StreamEvent)
  }
  struct Key: Hashable {
    var connection: ConnectionID
    /// `nil` for what is about the connection.
    var side: Side?
  }

  /// Without acknowledgments and repetitions.
  private(set) var entries: [Key: [Entry]] = [:]
  private(set) var broken: String?
  private(set) var hasGaps = false
  private var open: Set<ConnectionID> = []
  private var known: Set<ConnectionID> = []
  private var positions: [Key: UInt64] = [:]
  private let isContiguous: Bool

  /// - Parameter isContiguous: whether bytes and gaps follow each other without a hole.
  init(isContiguous: Bool) { self.isContiguous = isContiguous }

  mutating func receive(_ bytes: Span<UInt8>, _ chunk: StreamChunk) {
    let key = Key(connection: chunk.connection, side: chunk.side)
    if bytes.isEmpty { fail("no bytes") }
    advance(key, chunk.offset..<chunk.offset + UInt64(bytes.count))
    // Taken out to be changed: a copy for every piece would cost the square.
    let last = entries[key]?.popLast()
    if case .bytes(var before, let start) = last, start + UInt64(before.count) == chunk.offset {
      before.append(bytes, 0..<bytes.count)
      entries[key]?.append(.bytes(before, at: start))
    } else {
      if let last { entries[key]?.append(last) }
      entries[key, default: []].append(.bytes([UInt8](bytes, 0..<bytes.count), at: chunk.offset))
    }
  }

  mutating func receive(_ event: StreamEvent, on connection: ConnectionID) {
    let key = Key(connection: connection, side: event.side)
    switch event {
    case .opened(let opened):
      if opened.id != connection || !known.insert(connection).inserted { fail("opened twice") }
      if open.contains(where: { $0.slot == connection.slot }) { fail("a slot is used twice") }
      open.insert(connection)
    case .closed:
      if open.remove(connection) == nil { fail("closed without being open") }
    default:
      if !open.contains(connection) { fail("not open: \(event)") }
    }
    switch event {
    case .gap(_, let range, _, _):
      advance(key, range)
      hasGaps = true
    case .secured(let tls) where tls.access != .decrypted:
      // What was told of its content was a mistake: its records come in its place, where they lie on the carrier.
      for side in [Side.client, .server] { positions[Key(connection: connection, side: side)] = nil }
    // How fine they are told depends on how the carrier came.
    case .acknowledged, .retransmitted: return
    default: break
    }
    entries[key, default: []].append(.event(event))
  }

  /// All has been told.
  func finish() throws(BrokenInvariant) {
    if let broken { throw BrokenInvariant(broken) }
    try demand(open.isEmpty, "\(open.count) connections are still open")
  }

  /// Whether a connection is over, and not only the capture: so ends what others that it carries came in place of.
  func hasEnded(_ connection: ConnectionID) -> Bool {
    entries[Key(connection: connection, side: nil)]?.last == .event(.closed(.ended))
  }

  private mutating func advance(_ key: Key, _ range: Range<UInt64>) {
    let position = positions[key] ?? 0
    if !open.contains(key.connection) { fail("bytes of a connection that is not open") }
    if range.lowerBound < position || isContiguous && range.lowerBound != position {
      fail("the bytes \(range) come behind \(position)")
    }
    positions[key] = range.upperBound
  }

  private mutating func fail(_ text: String) {
    if broken == nil { broken = text }
  }
}
