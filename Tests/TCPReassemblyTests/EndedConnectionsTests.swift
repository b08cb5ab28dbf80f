import Capture
import Streams
import TestSupport
import Testing

@testable import TCPReassembly

@Suite struct EndedConnectionsTests {
  static func entry(_ port: Int, since: Int64, linger: Int64) -> EndedConnections.Entry {
    let key = FlowTableTests.key(port)
    let packet = PacketReference(number: 1, time: Timestamp(nanoseconds: 0))
    let flow = Flow(
      key: key, id: ConnectionID(slot: 0, serial: 1), clientEnd: key.low, packet: packet)
    return EndedConnections.Entry(
      flow, since: Timestamp(seconds: since, nanoseconds: 0), linger: linger)
  }

  static func segment(_ port: Int, at time: Int64) -> TCPSegment {
    let key = FlowTableTests.key(port)
    return TCPSegment(
      packet: PacketReference(number: 1, time: Timestamp(seconds: time, nanoseconds: 0)),
      source: key.high, destination: key.low, sequence: SequenceNumber(1),
      acknowledgment: SequenceNumber(1), flags: .ack, payloadLength: 0, payload: 0..<0)
  }

  @Test(arguments: UInt64(1)...20)
  func `of those that have not had their time the latest are known, as many as may be`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var ended = EndedConnections()
    var model: [(port: Int, until: Int64)] = []
    let limit = Int.random(in: 1...100, using: &random)
    for now in Int64(0)..<1000 {
      for _ in 0..<Int.random(in: 0...8, using: &random) {
        let port = Int.random(in: 0..<200, using: &random)
        let entry = Self.entry(port, since: now, linger: 20)
        let isFull = ended.add(entry, now: Timestamp(seconds: now, nanoseconds: 0), limit: limit)
        model.removeAll { $0.until <= now }
        model.append((port, now + 20))
        #expect(isFull == (model.count > limit))
        if isFull { model.removeFirst() }
      }
      let port = Int.random(in: 0..<200, using: &random)
      let isKnown = model.contains { $0.port == port && now < $0.until }
      #expect(ended.isLate(Self.segment(port, at: now), FlowTableTests.key(port)) == isKnown)
    }
  }
}
