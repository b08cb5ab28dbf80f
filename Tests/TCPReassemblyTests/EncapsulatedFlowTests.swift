import Capture
import Streams
import TestSupport
import Testing

/// A flow is its addresses and ports, whatever its packets are carried in.
@Suite struct EncapsulatedFlowTests {
  static let out = Encapsulation(
    .vxlan, id: 7, source: IPAddress(v4: 0x0a07_0001), destination: IPAddress(v4: 0x0a07_0002))
  /// As Cilium numbers them: the identifier is the sender's.
  static let back = Encapsulation(
    .vxlan, id: 9, source: IPAddress(v4: 0x0a07_0002), destination: IPAddress(v4: 0x0a07_0001))

  static func packets(_ carried: (Side) -> [Encapsulation?]) -> [TestPacket] {
    var wire = Wire()
    var number: UInt16 = 0
    func send(_ side: Side, at offset: Int64, _ text: String = "", flags: TCPFlags = .ack) {
      number += 1
      for encapsulation in carried(side) {
        wire.send(side, at: offset, text, flags: flags, identification: number, encapsulation: encapsulation)
        wire.time -= 0.0009
      }
      wire.time += 0.01
    }
    send(.client, at: -1, flags: .syn)
    send(.server, at: -1, flags: [.syn, .ack])
    send(.client, at: 0, "request")
    send(.server, at: 0, "answer")
    return wire.packets
  }

  static func encapsulations(_ transcript: Transcript) -> [Encapsulation] {
    transcript.events.compactMap { if case .encapsulated(let one) = $0 { one } else { nil } }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var carried: @Sendable (Side) -> [Encapsulation?]
    var told: [Encapsulation]
  }

  static let rows = [
    Row(testDescription: "no tunnel", carried: { _ in [nil] }, told: []),
    Row(testDescription: "a tunnel", carried: { $0 == .client ? [out] : [back] }, told: [out]),
    Row(testDescription: "one direction", carried: { $0 == .client ? [nil] : [back] }, told: [back]),
    Row(
      testDescription: "in front of the tunnel and inside",
      carried: { $0 == .client ? [nil, out] : [back, nil] }, told: [out]),
    Row(
      testDescription: "on three interfaces, two of them inside",
      carried: { $0 == .client ? [out, out, nil] : [nil, back, back] }, told: [out]),
  ]

  @Test(arguments: rows)
  func `packets of a connection in and out of tunnels are one connection`(_ row: Row) {
    let transcript = Transcript.of(Self.packets(row.carried))
    #expect(transcript.statistics.connections == 1)
    #expect(transcript.text(.client) == "request")
    #expect(transcript.text(.server) == "answer")
    #expect(transcript.retransmitted(.client).isEmpty && transcript.retransmitted(.server).isEmpty)
    #expect(Self.encapsulations(transcript) == row.told)
  }
}
