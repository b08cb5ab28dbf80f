import Limits
import Capture
import Streams

/// The life of the carried streams.
extension HTTP2Connection {
  /// The most that are carried at once.
  private static let maxStreams = Limits.standard.maxHTTP2Streams

  mutating func open(
    _ id: UInt32, _ kind: CarriedStream.Kind, tunnel: String? = nil, _ packet: PacketReference,
    _ output: inout HTTP2Output<some StreamSink>
  ) {
    guard streams.count < Self.maxStreams else { return }
    var connection = carrier.connection
    connection.id = output.nextID()
    connection.sawStart = kind != .unknown
    connection.openedAt = packet
    connection.http2Stream = id
    connection.tunnel = tunnel
    var stream = CarriedStream(output: connection.id, kind: kind)
    stream.halves.client.losses = directions.client.losses
    stream.halves.server.losses = directions.server.losses
    streams[id] = stream
    output.sink.receive(.opened(connection), on: connection.id)
    for event in carrier.beginnings { output.sink.receive(event, on: connection.id) }
    tellWindow(of: id, .client, packet, &output)
    tellWindow(of: id, .server, packet, &output)
  }

  // MARK: Messages

  mutating func take(
    _ fields: HTTPFields?, of id: UInt32, _ place: Place, _ output: inout HTTP2Output<some StreamSink>
  ) {
    if place.side == .client || isPickedUp { takeRequest(fields, of: id, place.packet, &output) }
    if place.side == .server { takeResponse(fields, of: id, place.packet, &output) }
  }

  /// Only CONNECT makes of a stream something else than messages (RFC 9113 §8.5, RFC 8441 §4); what is not
  /// known may be one.
  private mutating func takeRequest(
    _ fields: HTTPFields?, of id: UInt32, _ packet: PacketReference,
    _ output: inout HTTP2Output<some StreamSink>
  ) {
    let isNew = id % 2 == 1 && streams[id] == nil && !closedIDs.contains(id)
    guard isNew, id > highestRequest || mayBeUnknownRequest(id) else { return }
    highestRequest = max(highestRequest, id)
    guard let fields else { return open(id, .unknown, packet, &output) }
    guard fields.value(":method") == "CONNECT" else { return }
    guard let asked = fields.value(":protocol") else {
      return open(id, .tunnel, tunnel: fields.value(":authority"), packet, &output)
    }
    guard asked.lowercased() == "websocket" else { return }
    open(id, .webSocket, packet, &output)
    if let stream = streams[id] { output.sink.receive(.requested(fields, packet), on: stream.output) }
  }

  private mutating func takeResponse(
    _ fields: HTTPFields?, of id: UInt32, _ packet: PacketReference,
    _ output: inout HTTP2Output<some StreamSink>
  ) {
    guard let stream = streams[id], stream.awaitsResponse else { return }
    let status = fields?.value(":status").flatMap { Int($0) }
    // Any number of interim responses may come before (RFC 9113 §8.1).
    if let status, (100..<200).contains(status) { return }
    streams[id]?.awaitsResponse = false
    guard let fields, let status else { return }
    switch stream.kind {
    case .webSocket: output.sink.receive(.responded(fields, packet), on: stream.output)
    case .tunnel: if !(200..<300).contains(status) { close(id, .ended, &output) }
    case .unknown: break
    }
  }

  // MARK: Bytes

  mutating func deliver(
    _ bytes: Span<UInt8>, of id: UInt32, _ place: Place, _ output: inout HTTP2Output<some StreamSink>
  ) {
    guard var stream = streams[id], !stream.halves[place.side].hasEnded else { return }
    catchUp(&stream, place.side, &output)
    let offset = stream.halves[place.side].offset
    output.sink.receive(
      bytes,
      StreamChunk(connection: stream.output, side: place.side, offset: offset, packet: place.packet))
    stream.halves[place.side].offset = offset + UInt64(bytes.count)
    streams[id] = stream
    note(id, upTo: offset + UInt64(bytes.count), place)
  }

  /// Bytes of the stream are missing.
  mutating func leaveOut(
    _ count: UInt64, of id: UInt32, _ cause: GapCause, _ place: Place,
    _ output: inout HTTP2Output<some StreamSink>
  ) {
    guard var stream = streams[id], !stream.halves[place.side].hasEnded else { return }
    catchUp(&stream, place.side, &output)
    let offset = stream.halves[place.side].offset
    output.sink.receive(
      .gap(place.side, offset..<offset + count, cause, place.packet), on: stream.output)
    stream.halves[place.side].offset = offset + count
    streams[id] = stream
    note(id, upTo: offset + count, place)
  }

  /// Tells a stream that the direction lost its boundaries since it was heard last: frames of it may be missing.
  private func catchUp(
    _ stream: inout CarriedStream, _ side: Side, _ output: inout HTTP2Output<some StreamSink>
  ) {
    guard stream.halves[side].losses < directions[side].losses, let packet = lossPackets[side] else { return }
    stream.halves[side].losses = directions[side].losses
    let offset = stream.halves[side].offset
    output.sink.receive(.gap(side, offset..<offset + 1, .unknownLength, packet), on: stream.output)
    stream.halves[side].offset = offset + 1
  }

  // MARK: Acknowledgments

  mutating func acknowledge(
    _ id: UInt32, _ side: Side, upTo end: UInt64, _ packet: PacketReference,
    _ output: inout HTTP2Output<some StreamSink>
  ) {
    guard var stream = streams[id] else { return }
    var half = stream.halves[side]
    if end > half.offset, half.hasEnded { half.isEndAcknowledged = true }
    let upTo = half.countsEnd ? end : min(end, half.offset)
    if upTo > half.acknowledged {
      half.acknowledged = upTo
      output.sink.receive(.acknowledged(side, upTo: upTo, packet), on: stream.output)
    }
    stream.halves[side] = half
    streams[id] = stream
    if stream.isDone { close(id, .ended, &output) }
  }

  // MARK: Ends

  /// One side ends a stream. END_STREAM counts as a byte behind the stream's last, as FIN does: once the frame
  /// is acknowledged, so is that byte. RST_STREAM and GOAWAY do not, as TCP's RST.
  mutating func end(
    _ id: UInt32, _ kind: EndKind, _ place: Place, _ output: inout HTTP2Output<some StreamSink>
  ) {
    let side = place.side
    guard var stream = streams[id] else { return }
    var half = stream.halves[side]
    // A server may abort what it has ended, to say that it reads no more (RFC 9113 §8.1).
    guard !half.hasEnded || kind.isAbort && !half.wasReset else { return }
    catchUp(&stream, side, &output)
    half = stream.halves[side]
    if kind.isAbort { half.wasReset = true } else { half.countsEnd = true }
    half.hasEnded = true
    half.isEndAcknowledged = false
    stream.halves[side] = half
    output.sink.receive(.ended(side, kind, at: half.offset, place.packet), on: stream.output)
    note(id, upTo: half.offset + 1, place)
    let wasOver = stream.isOver
    stream.isOver = wasOver || kind.isAbort || stream.halves[side.opposite].hasEnded
    streams[id] = stream
    if kind.isAbort, !stream.halves[side.opposite].hasEnded, aborted[side.opposite].count < Self.maxAborted {
      aborted[side.opposite].append((id, place.packet))
    }
    if stream.isOver, !wasOver, let oldest = over.add(id), streams[oldest] != nil {
      close(oldest, .ended, &output)
    }
  }

  /// A frame that was captured behind the abort of a stream stands behind all that its sender had sent on it.
  mutating func quieten(
    _ side: Side, before packet: PacketReference, _ output: inout HTTP2Output<some StreamSink>
  ) {
    let quiet = aborted[side].prefix { $0.packet.precedes(packet) }
    aborted[side].removeFirst(quiet.count)
    for (id, _) in quiet {
      guard var stream = streams[id] else { continue }
      if !stream.halves[side].hasEnded { catchUp(&stream, side, &output) }
      stream.halves[side].isQuiet = true
      streams[id] = stream
      if stream.isDone { close(id, .ended, &output) }
    }
  }

  /// The server will do nothing for streams behind `last` (RFC 9113 §6.8). A client's GOAWAY speaks of pushed
  /// streams, which have even numbers.
  mutating func goAway(
    _ last: UInt32, _ code: UInt32, _ place: Place, _ output: inout HTTP2Output<some StreamSink>
  ) {
    guard isPickedUp ? last % 2 == 1 : place.side == .server, affordsAllStreams() else { return }
    for id in streams.keys.sorted() where id > last && streams[id]?.isOver == false {
      end(id, .goAway(code), place, &output)
    }
  }

  /// TCP ended in one direction, and with it every stream that had not.
  mutating func endCarrier(
    _ side: Side, _ kind: EndKind, at offset: UInt64, _ packet: PacketReference,
    _ output: inout HTTP2Output<some StreamSink>
  ) {
    for id in streams.keys.sorted() {
      // A RST behind the FIN ends what the other side sends, too.
      guard var stream = streams[id], !stream.isOver, !(kind.isInOrder && stream.halves[side].hasEnded)
      else { continue }
      if kind.isInOrder {
        end(id, kind, Place(side: side, offset: offset + 1, packet: packet), &output)
      } else {
        // A RST overtakes: bytes before it may follow.
        catchUp(&stream, side, &output)
        streams[id] = stream
        output.sink.receive(.ended(side, kind, at: stream.halves[side].offset, packet), on: stream.output)
      }
    }
  }

  mutating func closeAll(_ reason: CloseReason, _ output: inout HTTP2Output<some StreamSink>) {
    for id in streams.keys.sorted() {
      guard var stream = streams[id] else { continue }
      for side in [Side.client, .server] where !stream.halves[side].hasEnded {
        catchUp(&stream, side, &output)
      }
      close(id, reason, &output)
    }
  }

  func tellStreams(_ event: StreamEvent, _ output: inout HTTP2Output<some StreamSink>) {
    for id in streams.keys.sorted() {
      if let stream = streams[id], !stream.isOver { output.sink.receive(event, on: stream.output) }
    }
  }

  mutating func close(
    _ id: UInt32, _ reason: CloseReason, _ output: inout HTTP2Output<some StreamSink>
  ) {
    guard let stream = streams.removeValue(forKey: id) else { return }
    output.close(stream.output, reason)
    // Late frames of it open no other.
    if closedIDs.insert(id).inserted, let forgotten = closed.add(id) { closedIDs.remove(forgotten) }
  }
}
