import Capture
import Streams
import TestSupport
import Testing

/// `tcpdump -i any` shows one packet several times; that is no retransmission.
@Suite struct CopyTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var identifications: (UInt16, UInt16) = (0, 0)
    var interfaces: (UInt32?, UInt32?) = (nil, nil)
    var timestamps: (UInt32?, UInt32?) = (nil, nil)
    var acknowledgments: (Int64, Int64) = (0, 0)
    var delay = 0.0001
    var second = (offset: Int64(0), text: "abc")
    /// Whether the second was carried in a tunnel.
    var isTunnelled = false
    var isCopy: Bool

    /// What both say together.
    var text: String {
      let whole = String(repeating: " ", count: Int(second.offset)) + second.text
      return "abc" + whole.dropFirst(3)
    }
  }

  static let tunnel = Encapsulation(.vxlan, id: 42)

  static let rows = [
    Row(testDescription: "same identification", identifications: (7, 7), isCopy: true),
    Row(
      testDescription: "same identification on two interfaces", identifications: (7, 7), interfaces: (1, 2),
      isCopy: true),
    Row(testDescription: "another identification", identifications: (7, 8), isCopy: false),
    Row(
      testDescription: "another identification on another interface", identifications: (7, 8),
      interfaces: (1, 2), isCopy: false),
    Row(testDescription: "no identification, two interfaces", interfaces: (1, 2), isCopy: true),
    Row(testDescription: "no identification, one interface", interfaces: (1, 1), isCopy: true),
    Row(testDescription: "neither", isCopy: true),
    Row(testDescription: "neither, 2 ms later", delay: 0.002, isCopy: false),
    Row(testDescription: "neither, and another acknowledgment", acknowledgments: (0, 1), isCopy: false),
    Row(testDescription: "one timestamp, 2 ms later", timestamps: (7, 7), delay: 0.002, isCopy: true),
    Row(testDescription: "one timestamp, 6 ms later", timestamps: (7, 7), delay: 0.006, isCopy: false),
    Row(testDescription: "another timestamp", timestamps: (7, 8), isCopy: false),
    Row(
      testDescription: "one timestamp, another acknowledgment", timestamps: (7, 7), acknowledgments: (0, 1),
      isCopy: false),
    Row(testDescription: "same identification, later", identifications: (7, 7), delay: 0.2, isCopy: false),
    Row(
      testDescription: "same identification, shorter", identifications: (7, 7), second: (0, "ab"),
      isCopy: false),
    Row(
      testDescription: "same identification, elsewhere", identifications: (7, 7), second: (1, "bcd"),
      isCopy: false),
    Row(
      testDescription: "larger, on another interface", identifications: (7, 8), interfaces: (1, 2),
      timestamps: (7, 7), second: (0, "abcde"), isCopy: true),
    Row(
      testDescription: "a part, in a tunnel", identifications: (7, 8), timestamps: (7, 7), second: (0, "ab"),
      isTunnelled: true, isCopy: true),
    Row(
      testDescription: "a part, neither", identifications: (7, 8), timestamps: (7, 7), second: (0, "ab"),
      isCopy: false),
    Row(
      testDescription: "a part, in a tunnel, 6 ms later", identifications: (7, 8), timestamps: (7, 7),
      delay: 0.006, second: (0, "ab"), isTunnelled: true, isCopy: false),
    Row(
      testDescription: "a part, in a tunnel, another timestamp", identifications: (7, 8), timestamps: (7, 8),
      second: (0, "ab"), isTunnelled: true, isCopy: false),
    Row(
      testDescription: "a part, in a tunnel, no timestamps", identifications: (7, 8), second: (0, "ab"),
      isTunnelled: true, isCopy: false),
    Row(
      testDescription: "a part, in a tunnel, another acknowledgment", identifications: (7, 8),
      timestamps: (7, 7), acknowledgments: (0, 1), second: (0, "ab"), isTunnelled: true, isCopy: false),
    Row(
      testDescription: "overlapping, in a tunnel", identifications: (7, 8), timestamps: (7, 7),
      second: (1, "bcd"), isTunnelled: true, isCopy: false),
  ]

  static func send(_ row: Row, in wire: inout Wire) {
    wire.send(
      .client, at: 0, "abc", acknowledging: row.acknowledgments.0, identification: row.identifications.0,
      timestampValue: row.timestamps.0, interface: row.interfaces.0)
    wire.time += row.delay - 0.001
    wire.send(
      .client, at: row.second.offset, row.second.text, acknowledging: row.acknowledgments.1,
      identification: row.identifications.1, timestampValue: row.timestamps.1, interface: row.interfaces.1,
      encapsulation: row.isTunnelled ? tunnel : nil)
  }

  @Test(arguments: rows)
  func `a packet that was captured twice is not sent twice`(_ row: Row) {
    var wire = Wire.opened
    Self.send(row, in: &wire)
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.text(.client) == row.text)
    #expect(transcript.retransmitted(.client).isEmpty == row.isCopy)
  }

  @Test(arguments: rows)
  func `a packet that is held and was captured twice is not sent twice`(_ row: Row) {
    var wire = Wire(clientISN: 990)
    wire.open()
    // The same as above, ten bytes on.
    var ahead = Wire(clientISN: 1000, at: wire.time)
    Self.send(row, in: &ahead)
    wire.time = ahead.time
    wire.send(.client, at: 0, "0123456789")
    let packets = TestPacket.numbered(Array(wire.packets.prefix(3)) + ahead.packets + wire.packets.suffix(1))
    let transcript = Transcript.of(packets)
    #expect(transcript.text(.client) == "0123456789" + row.text)
    #expect(transcript.retransmitted(.client).isEmpty == row.isCopy)
  }

  @Test func `copies may be a few packets apart`() {
    var wire = Wire.opened
    for round in 0..<2 {
      wire.time = 0.01 + Double(round) * 0.0005
      for (index, text) in ["abc", "def", "ghi"].enumerated() {
        wire.send(.server, at: Int64(index) * 3, text, identification: UInt16(50 + index))
        wire.time -= 0.0009
      }
    }
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.text(.server) == "abcdefghi")
    #expect(transcript.retransmitted(.server) == [])
  }

  /// Segments of one byte each, as fast as one interface shows them.
  static func sendBurst(of count: Int, timestamp: UInt32?, interface: UInt32, in wire: inout Wire) {
    for index in 0..<count {
      wire.send(
        .server, at: Int64(index), "x", identification: UInt16(50 + index), timestampValue: timestamp,
        interface: interface)
      wire.time -= 0.00099
    }
  }

  static let bursts: [(count: Int, timestamps: (UInt32?, UInt32?), interface: UInt32, isCopy: Bool)] = [
    (10, (7, 7), 2, true), (10, (nil, nil), 2, true), (1, (7, 7), 1, false), (1, (7, 8), 2, false),
  ]

  /// Ten segments on one interface, then as many of them on another one or on the same.
  @Test(arguments: bursts)
  func `copies of a whole burst may follow it`(
    count: Int, timestamps: (UInt32?, UInt32?), interface: UInt32, isCopy: Bool
  ) {
    var wire = Wire.opened
    Self.sendBurst(of: 10, timestamp: timestamps.0, interface: 1, in: &wire)
    Self.sendBurst(of: count, timestamp: timestamps.1, interface: interface, in: &wire)
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.text(.server) == "xxxxxxxxxx")
    #expect(transcript.retransmitted(.server).isEmpty == isCopy)
  }

  @Test func `the pieces of a copy do not push it out`() {
    var wire = Wire.opened
    wire.send(.server, at: 0, "0123456789", identification: 50, timestampValue: 7, interface: 1)
    for (index, text) in "0123456789".enumerated() {
      wire.time -= 0.0009
      wire.send(
        .server, at: Int64(index), String(text), identification: UInt16(60 + index), timestampValue: 7,
        interface: 2)
    }
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.text(.server) == "0123456789")
    #expect(transcript.retransmitted(.server) == [])
  }
}
