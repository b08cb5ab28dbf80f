import Capture
import Streams

/// One TLS connection: from its handshake to what it carries, or to the records that stay closed.
///
///     hello ──ServerHello, secrets──▶ opening ──(records do not authenticate)──▶ closed
///       └──(no secrets, another suite, the handshake was not captured)──────────▶ closed
///
/// While it is opening, offsets are those of the content; while closed, those of the stream that carries TLS.
struct TLSConnection {
  private enum Phase { case hello, opening, closed }

  let id: ConnectionID
  private var phase = Phase.hello
  private(set) var description: TLSDescription
  private var client: TLSDirection
  private var server: TLSDirection
  private var clientHello: ClientHello?
  /// What the server makes of early data; `nil` until it is known.
  private var acceptsEarlyData: Bool?
  /// The packet that showed the last loss.
  private var lastLoss: PacketReference?
  private var unopened = UnopenedRecords()
  /// Which packet brought the client's first protected record.
  private var clientProtected: PacketReference?
  /// What comes before the other side's hello, without which it says nothing.
  private var parkedClient = ParkedStream()
  private var parkedServer = ParkedStream()
  var keyLog: KeyLog
  /// Records of the handshake that fail to open do not show that secrets are wrong: they may have keys of their own.
  private static let maxHandshakeRecords = 16
  private static let maxUnopened = 4 * maxHandshakeRecords
  /// How often records were found again in the segment: each time copies the rest of it.
  private var recoveries = 0
  private static let maxRecoveries = 16

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

  private mutating func take(_ bytes: Span<UInt8>, _ chunk: StreamChunk, _ sink: inout some StreamSink) {
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

  private subscript(side: Side) -> TLSDirection {
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

  // MARK: Records

  private mutating func take(_ record: TLSRecord, _ side: Side, _ sink: inout some StreamSink) {
    let isProtected = record.header.type == .applicationData || self[side].hasChangedCipher
    switch phase {
    case .hello where !isProtected, .opening where !isProtected:
      takePlain(record, side, &sink)
    case .hello:
      close(.noHandshake, &sink)
      take(record, side, &sink)
    case .opening: open(record, side, &sink)
    case .closed:
      if record.header.type == .changeCipherSpec { self[side].hasChangedCipher = true }
      if isProtected { tell(record, side, &sink) }
    }
  }

  private mutating func takePlain(_ record: TLSRecord, _ side: Side, _ sink: inout some StreamSink) {
    guard let body = record.body else { return }
    switch record.header.type {
    case .handshake:
      for message in self[side].handshake.receive(body[...]) {
        switch (message.type, side) {
        case (HandshakeType.clientHello, .client) where clientHello == nil:
          clientHello = ClientHello(message.body)
          if clientHello != nil { parkedClient.activate() }
        case (HandshakeType.serverHello, .server) where phase == .hello:
          if let hello = ServerHello(message.body) { agree(hello, &sink) }
        default: break
        }
      }
    case .changeCipherSpec:
      // In TLS 1.3 it means nothing (RFC 8446 §D.4).
      if description.version != 0x0304 { self[side].hasChangedCipher = true }
    case .alert where body.count == 2:
      sink.receive(.alert(side, TLSAlert(description: body[1]), record.packet), on: id)
    default: break
    }
  }

  private mutating func open(_ record: TLSRecord, _ side: Side, _ sink: inout some StreamSink) {
    let wasReadable = self[side].hasOpened
    let mayBeContent = self[side].hasReachedApplication
    if side == .client, clientProtected == nil { clientProtected = record.packet }
    switch self[side].open(record) {
    case .content(let content, let epoch):
      keepOpened(record, side)
      take(content, epoch, record, side, &sink)
    case .failed where !hasReachedApplication: keepUnopened(record, side, &sink)
    case .failed where record.body == nil:
      if mayBeContent { tellGap(side, contentLength(record), .notCaptured, record, &sink) }
    case .failed where wasReadable:
      lastLoss = record.packet
      self[side].lose(from: record.range.lowerBound)
    case .failed:
      if self[side].failures > Self.maxHandshakeRecords { close(.wrongSecrets, &sink) }
    }
  }

  /// Whether application data of either side was opened.
  private var hasReachedApplication: Bool { client.hasReachedApplication || server.hasReachedApplication }

  private mutating func keepOpened(_ record: TLSRecord, _ side: Side) {
    if !hasReachedApplication {
      if unopened.items.count < Self.maxUnopened { unopened.add(record, side) }
    } else if !unopened.isEmpty {
      unopened = UnopenedRecords()
    }
  }

  /// Whether records came, and none of them opened that may hold application data.
  private var hasFailed: Bool {
    phase == .opening && !unopened.isEmpty && client.failures + server.failures > 0
  }

  private mutating func keepUnopened(_ record: TLSRecord, _ side: Side, _ sink: inout some StreamSink) {
    unopened.add(record, side)
    if self[side].failures > Self.maxHandshakeRecords || unopened.items.count >= Self.maxUnopened
      || showsWrongSecrets(record, side)
    {
      close(.wrongSecrets, &sink)
    }
  }

  private mutating func keepUnopened(
    _ record: TLSRecord?, _ gap: StreamEvent, _ side: Side, _ sink: inout some StreamSink
  ) {
    if let record { unopened.add(record, side) }
    unopened.add(gap)
    if unopened.items.count >= Self.maxUnopened { close(.wrongSecrets, &sink) }
  }

  /// Whether a record that does not open has to be one of those that the secrets are for. It should be known early:
  /// while a capture is read a leg in front of a session has to be known soon after the answer.
  private func showsWrongSecrets(_ record: TLSRecord, _ side: Side) -> Bool {
    guard record.body != nil else { return false }
    guard description.version == 0x0304, !self[side].isInHandshake else { return true }
    // Behind the client's Finished the server sends nothing under the keys of the handshake. What comes with early data
    // may be in front of it.
    guard side == .server, clientHello?.extensions.hasEarlyData != true else { return false }
    return clientProtected?.precedes(record.packet) ?? false
  }

  private mutating func take(
    _ content: RecordProtection.Content, _ epoch: TLSEpoch.Kind, _ record: TLSRecord, _ side: Side,
    _ sink: inout some StreamSink
  ) {
    switch content.type {
    case .applicationData:
      guard epoch != .early || acceptsEarlyData != false else { return }
      let offset = self[side].place(UInt64(content.bytes.count), completeWith: record.range)
      guard !content.bytes.isEmpty else { return }
      sink.receive(
        content.bytes.span,
        StreamChunk(connection: id, side: side, offset: offset, packet: record.packet))
      tellAcknowledgment(side, &sink)
    case .alert where content.bytes.count == 2:
      sink.receive(.alert(side, TLSAlert(description: content.bytes[1]), record.packet), on: id)
    case .handshake:
      var mustUpdate = false
      for message in self[side].handshake.receive(content.bytes[...]) {
        switch message.type {
        case HandshakeType.encryptedExtensions where side == .server:
          var reader = ByteReader(message.body)
          let extensions = HelloExtensions(reader.vector(2) ?? [], isServer: true)
          description.applicationProtocol = extensions.applicationProtocols.first
          acceptsEarlyData = extensions.hasEarlyData
          sink.receive(.secured(description), on: id)
        case HandshakeType.keyUpdate: mustUpdate = description.version == 0x0304
        default: break
        }
      }
      if mustUpdate { self[side].updateKeys() }
    default: break
    }
  }

  /// Tells of a record that stays closed.
  private func tell(_ record: TLSRecord, _ side: Side, _ sink: inout some StreamSink) {
    let length = overhead.map { max(0, record.header.bodyLength - $0) }
    sink.receive(
      .record(
        side, TLSRecordDescription(contentType: record.header.type.rawValue, contentLength: length),
        range: record.range, record.packet), on: id)
    if record.header.type == .alert {
      sink.receive(.alert(side, TLSAlert(description: nil), record.packet), on: id)
    }
  }

  // MARK: What was agreed on

  private mutating func agree(_ hello: ServerHello, _ sink: inout some StreamSink) {
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
  private mutating func close(_ access: TLSDescription.Access, _ sink: inout some StreamSink) {
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

  private mutating func tellUnopened(_ sink: inout some StreamSink) {
    for item in unopened.items {
      switch item {
      case .record(let record, let side): tell(record, side, &sink)
      case .event(let event): sink.receive(event, on: id)
      }
    }
    unopened = UnopenedRecords()
  }

  // MARK: Missing bytes

  private mutating func skip(
    _ side: Side, _ range: Range<UInt64>, _ cause: GapCause, _ packet: PacketReference,
    _ sink: inout some StreamSink
  ) {
    lastLoss = packet
    let mayBeContent = self[side].hasReachedApplication
    let record = self[side].skip(range.upperBound - range.lowerBound, packet)
    switch phase {
    case .hello: close(.noHandshake, &sink)
    case .closed:
      if let record { take(record, side, &sink) }
    case .opening:
      if !hasReachedApplication { keepUnopened(record, .gap(side, range, cause, packet), side, &sink) }
      guard let record, phase == .opening else { return }
      _ = self[side].open(record)
      if mayBeContent { tellGap(side, contentLength(record), cause, record, &sink) }
      return
    }
    sink.receive(.gap(side, range, cause, packet), on: id)
  }

  private mutating func recover(
    _ bytes: Span<UInt8>, _ chunk: StreamChunk, _ sink: inout some StreamSink
  ) {
    guard
      let found = self[chunk.side].recover(bytes, at: chunk.offset, chunk.packet, overhead: overhead)
    else { return }
    if phase == .opening, let content = found.content {
      if found.missing > 0 { tellGap(chunk.side, found.missing, .notCaptured, found.record, &sink) }
      take(content, .application, found.record, chunk.side, &sink)
    } else if phase == .closed {
      take(found.record, chunk.side, &sink)
    }
    guard !found.rest.isEmpty else { return }
    recoveries += 1
    guard recoveries < Self.maxRecoveries else {
      return self[chunk.side].lose(from: found.record.range.upperBound)
    }
    var rest = chunk
    rest.offset = found.record.range.upperBound
    take(found.rest.span, rest, &sink)
  }

  /// Bytes that the cipher suite adds to a record's content.
  private var overhead: Int? { description.cipherSuite.flatMap { CipherSuite(rawValue: $0).overhead } }

  private func contentLength(_ record: TLSRecord) -> UInt64 {
    UInt64(max(0, record.header.bodyLength - (overhead ?? 0)))
  }

  /// Content that is missing, up to the record's end or in front of it.
  private mutating func tellGap(
    _ side: Side, _ count: UInt64, _ cause: GapCause, _ record: TLSRecord, _ sink: inout some StreamSink
  ) {
    guard count > 0 else { return }
    let start = self[side].place(count, completeWith: record.range)
    sink.receive(.gap(side, start..<start + count, cause, record.packet), on: id)
    tellAcknowledgment(side, &sink)
  }

  // MARK: Acknowledgments and ends

  private mutating func tellAcknowledgment(_ side: Side, _ sink: inout some StreamSink) {
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
