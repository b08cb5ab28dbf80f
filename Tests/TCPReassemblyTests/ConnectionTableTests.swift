import Limits
import Streams
import TCPReassembly
import TestSupport
import Testing

/// When connections are forgotten: linger, idle time and the table's limit.
@Suite struct ConnectionTableTests {
  /// A connection of another client, which says a byte at each of these seconds.
  static func other(_ client: String = "10.9.1.77:50000", at times: [Double]) -> [TestPacket] {
    var wire = Wire(client: client, at: times[0])
    wire.open()
    for (offset, time) in times.enumerated() {
      wire.time = time + 0.01
      wire.send(.client, at: Int64(offset), "x")
    }
    return wire.packets
  }

  /// A connection that says something at 0 s and, if it is to end, ends at once.
  static func short(ends: Bool) -> Wire {
    var wire = Wire.opened
    wire.send(.client, at: 0, "abc")
    if ends {
      wire.fin(.client, at: 3)
      wire.fin(.server, at: 0, acknowledging: 4)
      wire.send(.client, at: 4, acknowledging: 1)
    }
    return wire
  }

  /// The same, but a RST ends it.
  static var reset: Wire {
    var wire = short(ends: false)
    wire.rst(.server, at: 0)
    return wire
  }

  /// What is told where packets between the same ends follow a connection that has been told.
  static func afterEnd(_ later: Wire) -> Transcript {
    Transcript.of(
      TestPacket.merged([short(ends: true).packets, other(at: [0.5, 0.6]), later.packets]))
  }

  static func closings(_ transcript: Transcript) -> [String] {
    transcript.lines.filter { $0.contains("closed") }
  }

  @Test func `a connection whose FINs are acknowledged is told when what is exchanged with them has come`() {
    let soon = [Self.short(ends: true).packets, Self.other(at: [0.02, 0.06, 0.07])]
    #expect(Self.closings(Transcript.of(TestPacket.merged(soon), finishes: false)) == [])
    let later = [Self.short(ends: true).packets, Self.other(at: [0.02, 0.2, 0.21])]
    #expect(Self.closings(Transcript.of(TestPacket.merged(later), finishes: false)) == ["closed ended"])
  }

  @Test func `what comes late of a connection that has been told begins no other`() {
    var wire = Self.short(ends: true)
    wire.time = 1.5
    wire.send(.client, at: 0, "abc")
    wire.fin(.server, at: 0, acknowledging: 4)
    wire.send(.client, at: 4, acknowledging: 1)
    wire.rst(.server, at: 1)
    let transcript = Transcript.of(TestPacket.merged([wire.packets, Self.other(at: [0.5, 1, 1.8])]))
    #expect(Self.closings(transcript) == ["closed ended", "[2] closed captureEnded"])
    #expect(transcript.statistics.strays == 0)
    #expect(transcript.statistics.connections == 2)
  }

  @Test func `a whole copy of a connection that comes late begins no other`() {
    var copy = Wire(at: 1)
    copy.open()
    copy.send(.client, at: 0, "abc")
    let transcript = Self.afterEnd(copy)
    #expect(transcript.statistics.connections == 2)
    #expect(transcript.statistics.strays == 0)
  }

  @Test func `where the clock was set back far what comes between the same ends is no late packet`() {
    var next = Wire(clientISN: 77_777, serverISN: 88_888, at: 20)
    next.send(.client, at: 0, "xyz")
    let before = TestPacket.merged([Self.short(ends: true).packets, Self.other(at: [0.5, 30])])
    let packets = TestPacket.numbered(before.shifted(by: 100) + next.packets)
    let transcript = Transcript.of(packets)
    #expect(transcript.statistics.connections == 3)
    #expect(transcript.lines.contains { $0.contains("client 0 xyz") })
  }

  @Test func `late copies of two connections between the same ends begin no others`() {
    var next = Wire(clientISN: 77_777, serverISN: 88_888, at: 0.05)
    next.open()
    next.fin(.client, at: 0)
    next.fin(.server, at: 0, acknowledging: 1)
    next.acknowledge(.client, 1)
    let both = [Self.short(ends: true).packets, next.packets]
    let copies = both.map { $0.shifted(by: 0.6) }
    let packets = TestPacket.merged(both + [Self.other(at: [0.3, 0.4])] + copies)
    let transcript = Transcript.of(packets)
    #expect(transcript.statistics.connections == 3)
    #expect(transcript.statistics.strays == 0)
  }

  @Test func `ended connections that are forgotten before their time are counted`() {
    var options = Limits()
    options.maxConnections = 2
    let ended = (0..<4).map { number in
      var wire = Wire(client: "10.9.1.9:\(5000 + number)", at: Double(number) * 0.2)
      wire.open()
      wire.fin(.client, at: 0)
      wire.fin(.server, at: 0, acknowledging: 1)
      wire.acknowledge(.client, 1)
      return wire.packets
    }
    let packets = TestPacket.merged(ended + [Self.other(at: [0.95, 1, 1.05])])
    #expect(Transcript.of(packets, options: options).statistics.tableEvictions == 2)
  }

  @Test func `a SYN with another number begins another connection between the same ends`() {
    var next = Wire(clientISN: 77_777, serverISN: 88_888, at: 1)
    next.open()
    next.send(.client, at: 0, "xyz")
    let transcript = Self.afterEnd(next)
    #expect(transcript.statistics.connections == 3)
    #expect(transcript.lines.contains { $0.contains("client 0 xyz") })
  }

  @Test func `a connection that has ended is forgotten when its linger time has passed`() {
    var wire = Self.short(ends: true)
    wire.time = 5
    wire.send(.client, at: 4, acknowledging: 1)
    let packets = TestPacket.merged([wire.packets, Self.other(at: [0.5, 2.5, 2.6, 2.7])])
    #expect(Self.closings(Transcript.of(packets, finishes: false)) == ["closed ended"])
    #expect(Transcript.of(packets).statistics.strays == 1)
  }

  @Test func `a connection that a RST ended is kept, as what comes may refute it`() {
    let packets = TestPacket.merged([Self.reset.packets, Self.other(at: [0.5, 1.8, 1.9])])
    #expect(Self.closings(Transcript.of(packets, finishes: false)) == [])
    let longer = TestPacket.merged([Self.reset.packets, Self.other(at: [0.5, 2.5, 2.6])])
    #expect(Self.closings(Transcript.of(longer, finishes: false)) == ["closed ended"])
  }

  @Test func `a connection that is silent for the idle time is forgotten`() {
    let packets = [Self.short(ends: false).packets, Self.other(at: [1, 3598, 3599, 3599.5])]
    #expect(Self.closings(Transcript.of(TestPacket.merged(packets), finishes: false)) == [])
    let longer = [Self.short(ends: false).packets, Self.other(at: [1, 3000, 3601, 3601.5])]
    #expect(Self.closings(Transcript.of(TestPacket.merged(longer), finishes: false)) == ["closed idle"])
  }

  @Test func `what a forgotten connection held is delivered with its gaps`() {
    var wire = Self.short(ends: false)
    wire.send(.client, at: 10, "klm")
    let packets = TestPacket.merged([wire.packets, Self.other(at: [1, 3000, 3601, 3601.5])])
    #expect(
      Transcript.of(packets, finishes: false).lines(.client) == [
        "client 0 abc #4", "client gap 3..<10 notCaptured #5", "client 10 klm #5",
      ])
  }

  @Test func `silence counts from the last packet and not from the first`() {
    var wire = Self.short(ends: false)
    wire.time = 3000
    wire.acknowledge(.server, 3)
    let packets = TestPacket.merged([wire.packets, Self.other(at: [1, 2000, 4000, 5000, 6000])])
    #expect(Self.closings(Transcript.of(packets, finishes: false)) == [])
  }

  @Test func `idle and linger times are those of the options`() {
    var options = Limits()
    options.idleTimeout = 10
    options.lingerTime = 5
    options.finLingerTime = 3000
    let silent = TestPacket.merged([Self.short(ends: false).packets, Self.other(at: [1, 9, 9.5, 11, 11.5])])
    #expect(Self.closings(Transcript.of(silent, options: options, finishes: false)) == ["closed idle"])
    for (wire, before, after) in [(Self.reset, 4.5, 5.5), (Self.short(ends: true), 2.5, 3.5)] {
      let ended = TestPacket.merged([wire.packets, Self.other(at: [1, before - 0.5, before])])
      #expect(Self.closings(Transcript.of(ended, options: options, finishes: false)) == [])
      let later = TestPacket.merged([wire.packets, Self.other(at: [1, before, after, after + 0.1])])
      #expect(Self.closings(Transcript.of(later, options: options, finishes: false)) == ["closed ended"])
    }
  }

  @Test func `a full table gives the place of the longest silent to the next connection`() {
    var options = Limits()
    options.maxConnections = 3
    let packets = TestPacket.merged([
      Self.other("10.9.1.1:1001", at: [1, 5]), Self.other("10.9.1.1:1002", at: [2]),
      Self.other("10.9.1.1:1003", at: [3]), Self.other("10.9.1.1:1004", at: [6]),
      Self.other("10.9.1.1:1005", at: [7]),
    ])
    let transcript = Transcript.of(packets, options: options)
    #expect(
      Self.closings(transcript) == [
        "[2] closed tableFull", "[3] closed tableFull", "closed captureEnded", "[4] closed captureEnded",
        "[5] closed captureEnded",
      ])
    #expect(transcript.statistics.tableEvictions == 2)
    #expect(transcript.statistics.connections == 5)
  }

  @Test func `many connections are all kept apart`() {
    let count = 500
    let packets = (0..<count).map { index in
      var wire = Wire(
        client: "10.9.\(index % 7).2:\(20_000 + index)", clientISN: UInt32(index) &* 40_503,
        at: Double(index) / 1e5)
      wire.open()
      wire.send(.client, at: 0, "i am \(index)")
      wire.fin(.client, at: Int64("i am \(index)".count))
      return wire.packets
    }
    let transcript = Transcript.of(TestPacket.merged(packets))
    var texts: [UInt64: String] = [:]
    for case .bytes(let bytes, let chunk) in transcript.entries {
      texts[chunk.connection.serial, default: ""] += String(decoding: bytes, as: UTF8.self)
    }
    let expected = transcript.connections.map { "i am \(Int($0.client.port) - 20_000)" }
    #expect(expected.count == count)
    #expect(transcript.connections.map { texts[$0.id.serial] } == expected)
  }

  @Test func `slots are used again and serial numbers are not`() {
    let packets = (0..<50).map { Self.other("10.9.1.1:\(1000 + $0)", at: [Double($0) * 5000]) }
    let transcript = Transcript.of(TestPacket.merged(packets))
    let ids = transcript.connections.map(\.id)
    #expect(ids.map(\.serial) == (1...50).map { $0 })
    #expect(Set(ids.map(\.slot)).count < 5)
  }
}
