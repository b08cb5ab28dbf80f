import Capture
import Streams

/// Writes the packets of one TCP connection as two well-behaved hosts would send them.
package struct Conversation {
  package private(set) var packets: [TestPacket] = []
  package let client: Endpoint
  package let server: Endpoint
  /// Seconds since `start`; each packet takes the time that this has when it is sent.
  package var time: Double
  /// The next sequence number of each side.
  private var next: (client: UInt32, server: UInt32)
  /// 2026-01-01T00:00:00Z.
  package static let start: Int64 = 1_767_225_600

  package init(
    client: String = "10.9.1.2:40000", server: String = "10.9.1.1:80", at time: Double = 0,
    clientISN: UInt32 = 1000, serverISN: UInt32 = 5000
  ) {
    self.client = Endpoint(text: client)
    self.server = Endpoint(text: server)
    self.time = time
    next = (clientISN, serverISN)
  }

  /// SYN, SYN-ACK, ACK.
  package mutating func open() {
    emit(.client, [], [.syn])
    emit(.server, [], [.syn, .ack])
    emit(.client, [], [.ack])
  }

  package mutating func send(_ side: Side, _ bytes: [UInt8], fin: Bool = false) {
    emit(side, bytes, fin ? [.psh, .ack, .fin] : [.psh, .ack])
  }

  package mutating func acknowledge(_ side: Side) { emit(side, [], [.ack]) }

  package mutating func fin(_ side: Side) { emit(side, [], [.ack, .fin]) }

  package mutating func rst(_ side: Side, acknowledging: Bool = true) {
    emit(side, [], acknowledging ? [.rst, .ack] : [.rst])
  }

  /// FIN of one side, FIN of the other, and the last ACK.
  package mutating func finish(_ first: Side) {
    fin(first)
    fin(first.opposite)
    acknowledge(first)
  }

  /// Sends bytes that no packet shows: the capture missed them.
  package mutating func sendUncaptured(_ side: Side, _ count: UInt32) {
    if side == .client { next.client &+= count } else { next.server &+= count }
  }

  private mutating func emit(_ side: Side, _ bytes: [UInt8], _ flags: TCPFlags) {
    let (sequence, acknowledgment) = side == .client ? (next.client, next.server) : (next.server, next.client)
    let nanoseconds = Self.start * 1_000_000_000 + Int64((time * 1e9).rounded())
    packets.append(
      TestPacket(
        segment: TCPSegment(
          packet: PacketReference(
            number: UInt64(packets.count + 1), time: Timestamp(nanoseconds: nanoseconds)),
          source: side == .client ? client : server, destination: side == .client ? server : client,
          sequence: SequenceNumber(sequence),
          acknowledgment: SequenceNumber(flags.contains(.ack) ? acknowledgment : 0), flags: flags,
          payloadLength: bytes.count, payload: 0..<bytes.count),
        payload: bytes))
    var length = UInt32(bytes.count)
    if flags.contains(.syn) { length += 1 }
    if flags.contains(.fin) { length += 1 }
    if side == .client { next.client &+= length } else { next.server &+= length }
    time += 0.0001
  }
}

extension Endpoint {
  /// `10.0.0.1:80`.
  package init(text: String) {
    let parts = text.split(separator: ":")
    let bytes = parts[0].split(separator: ".").map { UInt32($0) ?? 0 }
    self.init(
      address: IPAddress(v4: bytes.reduce(0) { $0 << 8 | $1 }), port: UInt16(parts[1]) ?? 0)
  }
}
