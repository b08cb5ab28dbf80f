import Capture
import TestSupport
import Testing

import Streams
@testable import TCPReassembly

/// What header prediction takes, it takes as the whole procedure would.
@Suite struct HeaderPredictionTests {
  /// A connection, and what it has told.
  struct Watched {
    var flow: Flow
    var recorder = StreamRecorder()
    var statistics = ReassemblyStatistics()

    mutating func predict(_ packet: TestPacket) -> Bool {
      flow.predict(packet.segment, in: packet.payload.span, &recorder)
    }

    mutating func receive(_ packet: TestPacket) {
      flow.receive(packet.segment, in: packet.payload.span, patience: 1, &statistics, &recorder)
    }

    var state: String {
      var text = ""
      dump(self, to: &text)
      return text
    }
  }

  /// A conversation with what befalls captures: lost, late and doubled packets, closed windows, odd numbers.
  static func packets(_ seed: UInt64) -> [TestPacket] {
    var random = SeededGenerator(seed: seed)
    var packets = ReassemblyPropertyTests.conversation(seed)
    for index in packets.indices {
      switch Int.random(in: 0..<40, using: &random) {
      case 0: packets[index].segment.window = 0
      case 1: packets[index].segment.acknowledgment = packets[index].segment.acknowledgment + 1000
      case 2: packets[index].segment.acknowledgment = packets[index].segment.acknowledgment + (0 &- 20)
      case 3: packets[index].segment.sequence = packets[index].segment.sequence + UInt32.max
      case 4: packets[index].segment.payloadLength += 3
      case 5: packets[index].segment.flags.insert([.rst, .urg].randomElement(using: &random) ?? .rst)
      case 6: packets[index].segment.flags.remove(.ack)
      case 7: packets.swapAt(index, max(0, index - 1))
      case 8: packets[index] = packets[max(0, index - 3)]
      default: break
      }
    }
    return packets
  }

  @Test(arguments: UInt64(1)...200)
  func `a predicted segment leaves what the whole procedure leaves`(seed: UInt64) throws {
    let packets = Self.packets(seed)
    let first = try #require(packets.first?.segment)
    let key = FlowKey(first.source, first.destination)
    var watched = Watched(
      flow: Flow(
        key: key, id: ConnectionID(slot: 0, serial: 1), clientEnd: first.source, packet: first.packet))
    var predicted = 0
    for packet in packets {
      let before = watched
      var whole = watched
      whole.receive(packet)
      if watched.predict(packet) {
        predicted += 1
        #expect(watched.state == whole.state)
      } else {
        #expect(watched.state == before.state)
      }
      watched = whole
    }
    if seed > 1 { return }
    #expect(predicted > 0 && predicted < packets.count)
  }

  @Test func `nearly all of an orderly conversation is predicted`() {
    let packets = ReassemblyPropertyTests.conversation(1)
    let first = packets[0].segment
    var watched = Watched(
      flow: Flow(
        key: FlowKey(first.source, first.destination), id: ConnectionID(slot: 0, serial: 1),
        clientEnd: first.source, packet: first.packet))
    var others = 0
    for packet in packets where !watched.predict(packet) {
      others += 1
      watched.receive(packet)
    }
    // Two SYNs, and from the first FIN to the last ACK.
    #expect(others == 5)
  }
}
