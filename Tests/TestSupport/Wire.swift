import Capture
import Streams

/// Writes the packets of one connection, also as no well-behaved host would send them. All positions are
/// stream offsets: 0 is the byte after the SYN.
package struct Wire {
  package private(set) var packets: [TestPacket] = []
  /// Seconds; each packet takes the time that this has when it is sent, and moves it by a millisecond.
  package var time: Double
  private let client: Endpoint
  private let server: Endpoint
  private let clientISN: UInt32
  private let serverISN: UInt32

  package init(
    client: String = "10.9.1.2:40000", server: String = "10.9.1.1:80", clientISN: UInt32 = 1000,
    serverISN: UInt32 = 5000, at time: Double = 0
  ) {
    self.client = Endpoint(text: client)
    self.server = Endpoint(text: server)
    self.clientISN = clientISN
    self.serverISN = serverISN
    self.time = time
  }

  /// A connection after its handshake, which takes three packets.
  package static var opened: Wire {
    var wire = Wire()
    wire.open()
    return wire
  }

  package mutating func open() {
    send(.client, at: -1, flags: .syn)
    send(.server, at: -1, flags: [.syn, .ack])
    send(.client, at: 0)
  }

  /// - Parameters:
  ///   - length: payload bytes on the wire, if the capture holds fewer of them than `payload` has.
  ///   - acknowledging: the offset in the other side's stream.
  package mutating func send(
    _ side: Side, at offset: Int64, _ payload: String = "", length: Int? = nil, flags: TCPFlags = .ack,
    acknowledging: Int64 = 0, window: UInt16 = .max, identification: UInt16 = 0,
    timestampValue: UInt32? = nil, interface: UInt32? = nil, windowScale: WindowScale = .absent,
    urgentPointer: UInt16 = 0, encapsulation: Encapsulation? = nil
  ) {
    let (mine, theirs) = side == .client ? (clientISN, serverISN) : (serverISN, clientISN)
    let (source, destination) = side == .client ? (client, server) : (server, client)
    let bytes = Array(payload.utf8)
    let acknowledgment = theirs &+ 1 &+ UInt32(truncatingIfNeeded: acknowledging)
    packets.append(
      TestPacket(
        segment: TCPSegment(
          packet: PacketReference(
            number: UInt64(packets.count + 1), time: Timestamp(nanoseconds: Int64((time * 1e9).rounded()))),
          source: source, destination: destination,
          sequence: SequenceNumber(mine &+ 1 &+ UInt32(truncatingIfNeeded: offset)),
          acknowledgment: SequenceNumber(flags.contains(.ack) ? acknowledgment : 0), flags: flags,
          window: window, payloadLength: length ?? bytes.count, payload: 0..<bytes.count,
          identification: identification, timestampValue: timestampValue, interface: interface,
          windowScale: windowScale, urgentPointer: urgentPointer, encapsulation: encapsulation),
        payload: bytes))
    time += 0.001
  }

  /// `side` acknowledges the other side's bytes below `offset`.
  package mutating func acknowledge(_ side: Side, _ offset: Int64) {
    send(side, at: 0, acknowledging: offset)
  }

  package mutating func fin(_ side: Side, at offset: Int64, acknowledging: Int64 = 0) {
    send(side, at: offset, flags: [.fin, .ack], acknowledging: acknowledging)
  }

  package mutating func rst(_ side: Side, at offset: Int64) { send(side, at: offset, flags: .rst) }

  /// Lets `seconds` pass, until a packet that says nothing new.
  package mutating func wait(_ seconds: Double) {
    time += seconds
    send(.client, at: 0)
  }
}
