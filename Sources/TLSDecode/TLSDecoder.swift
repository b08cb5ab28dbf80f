import Capture
import Streams

/// How many TLS connections there were, and how many of them could be read.
package struct TLSStatistics: Hashable, Sendable {
  package var connections: UInt64 = 0
  package var decrypted: UInt64 = 0
  package var withoutSecrets: UInt64 = 0
  package var withoutHandshake: UInt64 = 0
  package var withWrongSecrets: UInt64 = 0
  package var withUnsupportedSuite: UInt64 = 0

  package init() {}

  /// Those that are over and could not be read.
  package var unreadable: UInt64 {
    withoutSecrets + withoutHandshake + withWrongSecrets + withUnsupportedSuite
  }
}

/// What is known of a connection. No part of the generic decoder: there each look at it, at every packet, would be a call
/// of the runtime.
private enum TLSStage {
  case none
  /// Too little was seen to tell.
  case undecided(Prelude)
  case plain
  /// The capture began late: each segment may begin with a record.
  case late(triesLeft: Int)
  /// A proxy was asked to connect: TLS may follow; where the next bytes lie.
  case tunnel(client: UInt64, server: UInt64)
  /// An index of `connections`.
  case tls(Int)
}

/// Finds the TLS connections among TCP's and replaces them by what they carry, where there are secrets for
/// them; without secrets by what their records show. All else passes unchanged.
///
///     undecided ──(ClientHello, ServerHello, record)──▶ tls
///         ├──(CONNECT)──▶ tunnel ──(ClientHello)──▶ tls
///         └──(anything else)──▶ plain ──(late capture: a record after all)──▶ tls
package struct TLSDecoder<Sink: StreamSink>: StreamSink {
  package private(set) var sink: Sink
  package private(set) var keyLog: KeyLog
  private var stages: [TLSStage] = []
  private var connections: [TLSConnection?] = []
  private var free: [Int] = []
  package private(set) var statistics = TLSStatistics()
  private static var lateTries: Int { 32 }

  package init(into sink: Sink, keyLog: KeyLog = KeyLog()) {
    self.sink = sink
    self.keyLog = keyLog
  }

  /// Adds a key log's text, for connections whose ServerHello is still to come.
  ///
  /// - Returns: the lines of it that are none of a key log.
  package mutating func addSecrets(_ text: [UInt8]) -> KeyLog.Malformed? {
    // With one owner while it changes; else all of it would be copied.
    setKeyLogs(KeyLog())
    defer { setKeyLogs(keyLog) }
    return keyLog.read(text)
  }

  /// Those of the connections that are open: their secrets may come behind their ClientHello.
  private mutating func setKeyLogs(_ keyLog: KeyLog) {
    for index in connections.indices { connections[index]?.keyLog = keyLog }
  }

  // MARK: Input

  package mutating func receive(_ bytes: Span<UInt8>, _ chunk: StreamChunk) {
    let slot = chunk.connection.slot
    guard slot < stages.count else { return }
    switch stages[slot] {
    case .plain: sink.receive(bytes, chunk)
    case .tls(let index): connections[index]?.receive(bytes, chunk, &sink)
    case .none: break
    case .undecided(let prelude): decide(prelude, bytes, chunk)
    case .late(let triesLeft): tryLate(triesLeft, bytes, chunk)
    case .tunnel(let client, let server): passTunnel(client, server, bytes, chunk)
    }
  }

  package mutating func receive(_ event: StreamEvent, on connection: ConnectionID) {
    let slot = connection.slot
    if case .opened(let opened) = event {
      while stages.count <= slot { stages.append(.none) }
      stages[slot] = .undecided(Prelude(sawStart: opened.sawStart))
      return sink.receive(event, on: connection)
    }
    guard slot < stages.count else { return }
    if case .proxied(_, let begin, _) = event, case .undecided(var prelude) = stages[slot] {
      prelude.clientBegins = begin
      stages[slot] = .undecided(prelude)
    }
    switch stages[slot] {
    case .tls(let index):
      connections[index]?.receive(event, &sink)
      if case .closed = event { forget(index) }
    case .undecided(var prelude) where prelude.holds(event):
      stages[slot] = .undecided(prelude)
    case .undecided(let prelude) where !prelude.items.isEmpty:
      become(.plain, connection, prelude)
      return receive(event, on: connection)
    default: sink.receive(event, on: connection)
    }
    if case .closed = event { stages[slot] = .none }
  }

  package mutating func acknowledge(
    _ side: Side, upTo: UInt64, _ packet: PacketReference, on connection: ConnectionID
  ) {
    guard connection.slot < stages.count, case .plain = stages[connection.slot] else {
      return receive(.acknowledged(side, upTo: upTo, packet), on: connection)
    }
    sink.acknowledge(side, upTo: upTo, packet, on: connection)
  }

  package mutating func receive(_ notice: CaptureNotice) { sink.receive(notice) }

  // MARK: What a connection is

  private mutating func decide(_ prelude: Prelude, _ bytes: Span<UInt8>, _ chunk: StreamChunk) {
    var prelude = prelude
    let id = chunk.connection
    switch prelude.judge(bytes, chunk) {
    case .unknown:
      prelude.hold(bytes, chunk)
      stages[id.slot] = .undecided(prelude)
      return
    case .hello:
      become(newConnection(id, client: prelude.clientBegins, server: 0, hasBeginning: true), id, prelude)
    case .record: become(newConnection(id, client: 0, server: 0, hasBeginning: false), id, prelude)
    case .connect: become(.tunnel(client: 0, server: 0), id, prelude)
    case .other:
      become(prelude.isBeginning ? .plain : .late(triesLeft: Self.lateTries), id, prelude)
    }
    receive(bytes, chunk)
  }

  /// Goes on as what the connection turned out to be, with what was held back.
  private mutating func become(_ stage: TLSStage, _ id: ConnectionID, _ prelude: Prelude) {
    stages[id.slot] = stage
    for item in prelude.items {
      switch item {
      case .bytes(let bytes, let chunk): receive(bytes.span, chunk)
      case .event(let event): receive(event, on: id)
      }
    }
  }

  private mutating func newConnection(
    _ id: ConnectionID, client: UInt64, server: UInt64, hasBeginning: Bool
  ) -> TLSStage {
    let index = free.popLast() ?? connections.count
    if index == connections.count { connections.append(nil) }
    let connection = TLSConnection(
      id, client: client, server: server, hasBeginning: hasBeginning, keyLog: keyLog)
    connection.begin(&sink)
    connections[index] = connection
    statistics.connections += 1
    return .tls(index)
  }

  private mutating func forget(_ index: Int) {
    switch connections[index]?.description.access {
    case .decrypted: statistics.decrypted += 1
    case .noSecrets: statistics.withoutSecrets += 1
    case .noHandshake: statistics.withoutHandshake += 1
    case .wrongSecrets: statistics.withWrongSecrets += 1
    case .unsupportedSuite: statistics.withUnsupportedSuite += 1
    case nil: break
    }
    connections[index] = nil
    free.append(index)
  }

  // MARK: TLS that begins later

  private mutating func tryLate(_ triesLeft: Int, _ bytes: Span<UInt8>, _ chunk: StreamChunk) {
    let id = chunk.connection
    if Prelude.isWholeRecords(bytes) {
      stages[id.slot] = newConnection(id, client: 0, server: 0, hasBeginning: false)
      return receive(bytes, chunk)
    }
    stages[id.slot] = triesLeft > 1 ? .late(triesLeft: triesLeft - 1) : .plain
    sink.receive(bytes, chunk)
  }

  private mutating func passTunnel(
    _ client: UInt64, _ server: UInt64, _ bytes: Span<UInt8>, _ chunk: StreamChunk
  ) {
    let id = chunk.connection
    if chunk.side == .client, chunk.offset > 0, Prelude.isHello(bytes, from: .client) {
      stages[id.slot] = newConnection(id, client: chunk.offset, server: server, hasBeginning: true)
      return receive(bytes, chunk)
    }
    let end = chunk.offset + UInt64(bytes.count)
    stages[id.slot] =
      chunk.side == .client ? .tunnel(client: end, server: server) : .tunnel(client: client, server: end)
    sink.receive(bytes, chunk)
  }
}
