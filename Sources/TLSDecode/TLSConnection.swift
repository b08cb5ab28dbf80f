import Capture
import Streams

/// One TLS connection: from its handshake to what it carries, or to the records that stay closed.
///
///     hello ──ServerHello, secrets──▶ opening ──(records do not authenticate)──▶ closed
///       └──(no secrets, another suite, the handshake was not captured)──────────▶ closed
///
/// While it is opening, offsets are those of the content; while closed, those of the stream that carries TLS.
struct TLSConnection {
  enum Phase { case hello, opening, closed }

  let id: ConnectionID
  var phase = Phase.hello
  var description: TLSDescription
  var client: TLSDirection
  var server: TLSDirection
  var clientHello: ClientHello?
  /// What the server makes of early data; `nil` until it is known.
  var acceptsEarlyData: Bool?
  /// The packet that showed the last loss.
  var lastLoss: PacketReference?
  var unopened = UnopenedRecords()
  /// Which packet brought the client's first protected record.
  var clientProtected: PacketReference?
  /// What comes before the other side's hello, without which it says nothing.
  var parkedClient = ParkedStream()
  private var parkedServer = ParkedStream()
  var keyLog: KeyLog
  /// How often records were found again in the segment: each time copies the rest of it.
  var recoveries = 0

  /// - Parameters:
  ///   - client: where the client's first record begins.
  ///   - hasBeginning: whether the handshake was captured.
  init(_ id: ConnectionID, client: UInt64, server: UInt64, hasBeginning: Bool, keyLog: KeyLog) {
    self.id = id
    self.client = TLSDirection(.client, at: client)
    self.server = TLSDirection(.server, at: server)
    self.keyLog = keyLog
    description = TLSDescription(access: hasBeginning ? .noSecrets : .noHandshake)
    if hasBeginning {
      parkedServer.activate()
    } else {
      phase = .closed
      self.client.lose(from: client)
      self.server.lose(from: server)
    }
  }

  /// What is to be told at the beginning.
  func begin(_ sink: inout some StreamSink) {
    if phase == .closed { sink.receive(.secured(description), on: id) }
  }

  // MARK: Input

  mutating func receive(_ bytes: Span<UInt8>, _ chunk: StreamChunk, _ sink: inout some StreamSink) {
    recoveries = 0
    if park(bytes, chunk) { return release(&sink) }
    take(bytes, chunk, &sink)
    release(&sink)
  }

  mutating func receive(_ event: StreamEvent, _ sink: inout some StreamSink) {
    if case .closed = event {
      if phase == .hello { close(.noHandshake, &sink) }
      release(&sink)
      if hasFailed { close(.wrongSecrets, &sink) }
      if phase == .opening, let lastLoss {
        for side in [Side.client, .server] { tellLoss(side, lastLoss, &sink) }
      }
      return sink.receive(event, on: id)
    }
    if !park(event) { take(event, &sink) }
    release(&sink)
  }

  mutating func take(_ bytes: Span<UInt8>, _ chunk: StreamChunk, _ sink: inout some StreamSink) {
    var index = 0
    while index < bytes.count {
      var rest = chunk
      rest.offset += UInt64(index)
      // The record before may be what the rest has to wait for.
      if index > 0, park(bytes.extracting(index..<bytes.count), rest) { return }
      if self[chunk.side].isLost {
        if phase == .hello { close(.noHandshake, &sink) }
        return recover(bytes.extracting(index..<bytes.count), rest, &sink)
      }
      let record = self[chunk.side].next(bytes, from: &index, chunk.packet, keepsBody: phase != .closed)
      if let record { take(record, chunk.side, &sink) }
    }
    if self[chunk.side].isLost, phase == .hello { close(.noHandshake, &sink) }
  }

  private mutating func take(_ event: StreamEvent, _ sink: inout some StreamSink) {
    switch event {
    case .gap(let side, let range, let cause, let packet):
      skip(side, range, cause, packet, &sink)
    case .acknowledged(let side, let upTo, let packet) where phase != .closed:
      if !unopened.isEmpty {
        unopened.acknowledge(side, upTo: upTo, packet, after: self[side].acknowledged?.upTo ?? 0)
      }
      self[side].noteAcknowledgment(upTo: upTo, packet)
      tellAcknowledgment(side, &sink)
    case .retransmitted(let side, let range, let packet) where phase != .closed:
      sink.receive(.retransmitted(side, self[side].carried(range), packet), on: id)
    case .ended where hasFailed:
      close(.wrongSecrets, &sink)
      sink.receive(event, on: id)
    case .ended(let side, let kind, let offset, let packet) where phase != .closed:
      end(side, kind, at: offset, packet, &sink)
    default: sink.receive(event, on: id)
    }
  }

  subscript(side: Side) -> TLSDirection {
    get { side == .client ? client : server }
    _modify {
      if side == .client { yield &client } else { yield &server }
    }
  }

  // MARK: Waiting for the other side

  private mutating func park(_ bytes: Span<UInt8>, _ chunk: StreamChunk) -> Bool {
    switch chunk.side {
    case .client where parkedClient.isActive: parkedClient.park(bytes, from: 0, chunk)
    case .server where parkedServer.isActive: parkedServer.park(bytes, from: 0, chunk)
    default: return false
    }
    return true
  }

  private mutating func park(_ event: StreamEvent) -> Bool {
    switch event.side {
    case .client where parkedClient.isActive: parkedClient.park(event)
    case .server where parkedServer.isActive: parkedServer.park(event)
    default: return false
    }
    return true
  }

  /// Goes on with what waited and need not any longer.
  private mutating func release(_ sink: inout some StreamSink) {
    if phase == .hello, parkedClient.isFull || parkedServer.isFull { close(.noHandshake, &sink) }
    while true {
      let items: [ParkedStream.Item]
      if parkedServer.isActive, clientHello != nil || phase != .hello {
        items = parkedServer.release()
      } else if parkedClient.isActive, isClientAnswered {
        items = parkedClient.release()
      } else {
        return
      }
      for item in items {
        switch item {
        case .bytes(let bytes, let chunk): if !park(bytes.span, chunk) { take(bytes.span, chunk, &sink) }
        case .event(let event): if !park(event) { take(event, &sink) }
        }
      }
    }
  }

  /// Whether the server has said all that is needed to read what the client sends behind its hello.
  private var isClientAnswered: Bool {
    switch phase {
    case .hello: false
    case .closed: true
    case .opening:
      clientHello?.extensions.hasEarlyData != true || acceptsEarlyData != nil || server.hasReachedApplication
        || parkedClient.isFull
    }
  }

  // MARK: What was agreed on

  mutating func agree(_ hello: ServerHello, _ sink: inout some StreamSink) {
    let offered = clientHello?.extensions.applicationProtocols ?? []
    description.version = hello.version
    description.cipherSuite = hello.suite.rawValue
    description.serverName = clientHello?.extensions.serverName
    description.applicationProtocol =
      hello.extensions.applicationProtocols.first ?? (offered.count == 1 ? offered.first : nil)
    guard let aead = hello.suite.aead, hello.version == 0x0304 || hello.version == 0x0303 else {
      return close(.unsupportedSuite, &sink)
    }
    guard let random = clientHello?.random,
      let epochs = keyLog.secrets(for: random)?.epochs(hello, aead, clientRandom: random)
    else { return close(.noSecrets, &sink) }
    client.epochs = epochs.client
    server.epochs = epochs.server
    phase = .opening
    description.access = .decrypted
    sink.receive(.secured(description), on: id)
  }

  /// The content stays unknown.
  mutating func close(_ access: TLSDescription.Access, _ sink: inout some StreamSink) {
    phase = .closed
    description.access = access
    sink.receive(.secured(description), on: id)
    tellUnopened(&sink)
    for side in [Side.client, .server] {
      self[side].forgetKeys()
      guard let known = self[side].acknowledged else { continue }
      sink.receive(.acknowledged(side, upTo: known.upTo, known.packet), on: id)
    }
  }

  // MARK: Acknowledgments and ends

  mutating func tellAcknowledgment(_ side: Side, _ sink: inout some StreamSink) {
    guard let known = self[side].takeAcknowledgment() else { return }
    sink.receive(.acknowledged(side, upTo: known.upTo, known.packet), on: id)
  }

  /// Records that nothing opened again: how much they held nobody knows.
  private mutating func tellLoss(_ side: Side, _ packet: PacketReference, _ sink: inout some StreamSink) {
    guard self[side].isLost, !self[side].hasToldLoss else { return }
    self[side].hasToldLoss = true
    let end = self[side].reader.offset
    let start = self[side].place(1, completeWith: end..<end)
    sink.receive(.gap(side, start..<start + 1, .unknownLength, packet), on: id)
  }

  /// A record that the end cuts can be opened by nobody: the carried stream ends before it.
  private mutating func end(
    _ side: Side, _ kind: EndKind, at offset: UInt64, _ packet: PacketReference,
    _ sink: inout some StreamSink
  ) {
    let isMissing = offset > self[side].reader.offset && kind == .rst
    tellLoss(side, packet, &sink)
    let position = self[side].position
    if kind == .fin { self[side].noteFIN(at: offset) }
    let end = isMissing ? position + (offset - self[side].reader.offset) : position
    sink.receive(.ended(side, kind, at: end, packet), on: id)
  }
}
