import Capture
import Streams

/// The state of one TCP connection.
struct Flow {
  let key: FlowKey
  let id: ConnectionID
  let clientEnd: Endpoint
  private(set) var client = HalfStream(side: .client)
  private(set) var server = HalfStream(side: .server)
  private(set) var last: PacketReference
  /// When FINs or a RST had ended the connection.
  private(set) var overSince: Timestamp?
  let isVacant: Bool

  init(key: FlowKey, id: ConnectionID, clientEnd: Endpoint, packet: PacketReference) {
    self.key = key
    self.id = id
    self.clientEnd = clientEnd
    last = packet
    isVacant = false
  }

  /// What stands in a slot that no connection has.
  static let vacant = Flow()

  private init() {
    let nowhere = Endpoint(address: IPAddress(high: 0, low: 0), port: 0)
    key = FlowKey(nowhere, nowhere)
    id = ConnectionID(slot: -1, serial: 0)
    clientEnd = nowhere
    last = PacketReference(number: 0, time: Timestamp(nanoseconds: 0))
    isVacant = true
  }

  var isOver: Bool { overSince != nil }
  var heldCost: Int { client.held.cost + server.held.cost }

  func sender(of segment: TCPSegment) -> Side {
    segment.source == clientEnd ? .client : .server
  }

  /// Whether a SYN opens another connection between the same ends than this one.
  func isReused(by segment: TCPSegment) -> Bool {
    guard segment.flags.contains(.syn) else { return false }
    let sender = sender(of: segment)
    let stream = sender == .client ? client : server
    if segment.flags.contains(.ack) {
      return stream.hasBegun && !stream.begins(at: segment.sequence + 1)
    }
    return sender == .server || !stream.begins(at: segment.sequence + 1)
  }

  /// - Returns: false if the segment is a RST that no receiver would accept.
  mutating func receive(
    _ segment: TCPSegment, in frame: Span<UInt8>, patience: Int64,
    _ sink: inout some StreamSink
  ) -> Bool {
    last = segment.packet
    let accepted =
      sender(of: segment) == .client
      ? Self.receive(segment, in: frame, from: &client, to: &server, id, &sink)
      : Self.receive(segment, in: frame, from: &server, to: &client, id, &sink)
    guard accepted else { return false }
    if !isOver, segment.flags.contains(.rst) || (client.isFinished && server.isFinished) {
      overSince = segment.packet.time
    }
    client.giveUpAcknowledgedHole(at: segment.packet, patience: patience, on: id, &sink)
    server.giveUpAcknowledgedHole(at: segment.packet, patience: patience, on: id, &sink)
    return true
  }

  private static func receive(
    _ segment: TCPSegment, in frame: Span<UInt8>, from sender: inout HalfStream,
    to receiver: inout HalfStream, _ id: ConnectionID, _ sink: inout some StreamSink
  ) -> Bool {
    if segment.flags.contains(.syn) {
      sender.begin(at: segment.sequence + 1, on: id, &sink)
    }
    // What acknowledges before it says anything acknowledges a SYN.
    let isFirst = sender.isStartKnown && (segment.flags.contains(.syn) || sender.begins(at: segment.sequence))
    if isFirst, segment.flags.contains(.ack) { receiver.begin(at: segment.acknowledgment, on: id, &sink) }
    let isReset = segment.flags.contains(.rst)
    if isReset, !sender.reset(segment, on: id, &sink) { return false }
    // The payload of a RST is a message for people (RFC 9293 §3.10.7.4), not part of the stream.
    if !isReset {
      sender.receive(segment, in: frame, isStartExpected: receiver.isStartKnown, on: id, &sink)
    }
    if segment.flags.contains(.ack) {
      receiver.acknowledge(segment.acknowledgment, segment.packet, on: id, &sink)
      if !isReset { receiver.noteWindow(segment.window, segment.packet, on: id, &sink) }
    }
    return true
  }

  /// Gives up the first hole of a side that holds more than allowed, or if `mustShed` of the side that
  /// holds more.
  ///
  /// - Returns: false if there was no need.
  mutating func shed(_ options: ReassemblyOptions, mustShed: Bool, _ sink: inout some StreamSink) -> Bool {
    if client.held.exceeds(options) || mustShed && client.held.cost >= server.held.cost {
      client.giveUpHole(at: last, on: id, &sink)
    } else if server.held.exceeds(options) || mustShed {
      server.giveUpHole(at: last, on: id, &sink)
    } else {
      return false
    }
    return true
  }

  mutating func close(_ reason: CloseReason, _ sink: inout some StreamSink) {
    client.flush(at: last, on: id, &sink)
    server.flush(at: last, on: id, &sink)
    sink.receive(.closed(reason), on: id)
  }
}
