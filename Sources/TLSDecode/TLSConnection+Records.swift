import Capture
import Streams

/// What records hold.
extension TLSConnection {
  mutating func take(_ record: TLSRecord, _ side: Side, _ sink: inout some StreamSink) {
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

  mutating func take(
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
  func tell(_ record: TLSRecord, _ side: Side, _ sink: inout some StreamSink) {
    let length = overhead.map { max(0, record.header.bodyLength - $0) }
    sink.receive(
      .record(
        side, TLSRecordDescription(contentType: record.header.type.rawValue, contentLength: length),
        range: record.range, record.packet), on: id)
    if record.header.type == .alert {
      sink.receive(.alert(side, TLSAlert(description: nil), record.packet), on: id)
    }
  }
}
