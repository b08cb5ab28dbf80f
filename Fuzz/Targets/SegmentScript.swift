import Capture
import Streams
import TestSupport

/// Segments made from a fuzzer's bytes. What a segment carries follows from its sequence number, so that every
/// byte that comes out can be checked. Layout of a segment: control, two bytes of offset, payload length, captured
/// length, acknowledgment, time.
///
///     control: bit 0 the sender, 1 FIN, 2 SYN, 3 RST, 4 no ACK, 5-6 the connection, 7 a window of 0
struct SegmentScript {
  private static let clients = (0..<4).map { Endpoint(text: "10.9.1.2:\(40000 + $0)") }
  private static let server = Endpoint(text: "10.9.1.1:80")

  private(set) var packets: [TestPacket] = []
  private var time: Int64 = 0

  init(_ input: inout FuzzInput) {
    while !input.isAtEnd, packets.count < 4096 { addSegment(&input) }
  }

  /// The byte that a side sends under a sequence number.
  static func byte(of connection: Connection, _ side: Side, at sequence: SequenceNumber) -> UInt8 {
    byte(from: side == .client ? connection.client : connection.server, at: sequence)
  }

  private static func byte(from sender: Endpoint, at sequence: SequenceNumber) -> UInt8 {
    let mixed = (sequence.rawValue ^ UInt32(sender.port) << 16) &* 0x9e37_79b1
    return UInt8(truncatingIfNeeded: mixed >> 24)
  }

  private mutating func addSegment(_ input: inout FuzzInput) {
    let control = input.byte()
    let offset = Int32(Int16(bitPattern: input.number16()))
    let length = Int(input.byte())
    let captured = min(length, Int(input.byte()))
    let acknowledged = UInt32(input.byte())
    let step = Int64(input.byte())
    // Up to 16 seconds, sometimes backwards.
    time += step == 255 ? -2_000_000_000 : step * step * 250_000

    let client = Self.clients[Int(control >> 5 & 3)]
    let server = Self.server
    let isClient = control & 1 == 0
    let source = isClient ? client : server
    // Close to where numbers wrap; far offsets reach beyond every window.
    let far = abs(offset) >= 1 << 14 ? offset &* (1 << 16) : offset
    let sequence = SequenceNumber((isClient ? 0xffff_ff00 : 5000) &+ UInt32(bitPattern: far))
    var flags: TCPFlags = control & 16 == 0 ? .ack : []
    for (bit, flag) in [(2, TCPFlags.fin), (4, .syn), (8, .rst)] where control & UInt8(bit) != 0 {
      flags.insert(flag)
    }
    let first = flags.contains(.syn) ? sequence + 1 : sequence
    packets.append(
      TestPacket(
        segment: TCPSegment(
          packet: PacketReference(number: UInt64(packets.count + 1), time: Timestamp(nanoseconds: time)),
          source: source, destination: isClient ? server : client, sequence: sequence,
          acknowledgment: SequenceNumber((isClient ? 5000 : 0xffff_ff00) &+ acknowledged), flags: flags,
          window: control & 128 == 0 ? .max : 0, payloadLength: length, payload: 0..<captured),
        payload: (0..<captured).map { Self.byte(from: source, at: first + UInt32($0)) }))
  }

  /// The same, every payload sent in two segments. Only that of a SYN between ends that have spoken is left whole: such a
  /// SYN is kept aside until something confirms it, and what is cut off it would be taken for the other connection's.
  ///
  /// - Parameter beginnings: where streams begin: an acknowledgment there tells where the other one does.
  func split(notAt beginnings: Set<SequenceNumber>) -> [TestPacket] {
    var ends: Set<Set<Endpoint>> = []
    return packets.flatMap { packet -> [TestPacket] in
      let segment = packet.segment
      let isFirst = ends.insert([segment.source, segment.destination]).inserted
      guard segment.payloadLength > 1, !segment.flags.contains(.rst) else { return [packet] }
      guard isFirst || !segment.flags.contains(.syn) else { return [packet] }
      let place = segment.payloadLength / 2
      let middle = segment.sequence + UInt32(place + (segment.flags.contains(.syn) ? 1 : 0))
      guard !beginnings.contains(middle) else { return [packet] }
      let captured = min(place, packet.payload.count)
      var (front, back) = (packet, packet)
      front.payload = Array(packet.payload[..<captured])
      front.segment.payloadLength = place
      front.segment.payload = 0..<captured
      front.segment.flags.remove(.fin)
      back.payload = Array(packet.payload[captured...])
      back.segment.sequence = middle
      back.segment.payloadLength = segment.payloadLength - place
      back.segment.payload = 0..<back.payload.count
      back.segment.flags.remove(.syn)
      return [front, back]
    }
  }
}
