import Capture
import Pipeline
import Synchronization
import TestSupport
import Testing

@Suite struct TwoThreadsTests {
  /// Reads a capture in one way and in the other, and compares all that was told.
  private func expectSame(_ source: CaptureSource) throws {
    let names = Mutex([[UInt32: String]]())
    let otherNames = Mutex([[UInt32: String]]())
    let progress = Mutex([String]())
    let otherProgress = Mutex([String]())
    let direct = try Pipeline.read(
      source, into: LegLog(), onInterfaceNames: { new in names.withLock { $0.append(new) } },
      onProgress: { packets, legs in progress.withLock { $0.append("\(packets) \(legs)") } })
    let other = try Pipeline.readOnTwoThreads(
      source, into: LegLog(), onInterfaceNames: { new in otherNames.withLock { $0.append(new) } },
      onProgress: { packets, legs in otherProgress.withLock { $0.append("\(packets) \(legs)") } })
    #expect(direct.sink.items == other.sink.items)
    #expect(direct.summary.statistics == other.summary.statistics)
    #expect(direct.summary.reassembly == other.summary.reassembly)
    #expect(direct.summary.tls == other.summary.tls)
    #expect(direct.damages.map { "\($0)" } == other.damages.map { "\($0)" })
    #expect(names.withLock { $0 } == otherNames.withLock { $0 })
    #expect(progress.withLock { $0 } == otherProgress.withLock { $0 })
  }

  @Test(arguments: SampleFiles.captures)
  func `a recording tells the same on two threads, in the same order`(path: String) throws {
    try expectSame(CaptureSource(path: path))
  }

  /// Around the number of events, and of bytes, that are handed over at once.
  @Test(arguments: [
    (255, 1), (256, 1), (257, 1), (2600, 1), (40, 3276), (41, 3276), (500, 6000), (30, 65_000),
  ])
  func `a longer capture tells the same on two threads`(messages: Int, bytes: Int) throws {
    var talk = Conversation()
    talk.upgrade()
    for _ in 0..<messages {
      talk.send(.server, WebSocketBytes.text(String(repeating: "x", count: bytes)))
      talk.acknowledge(.client)
    }
    talk.finish(.server)
    try expectSame(CaptureSource(bytes: PcapBytes.file(talk.packets)))
  }

  /// What waited for an earlier packet lies in no block of the file any more.
  @Test func `a capture out of order tells the same on two threads`() throws {
    var talk = Conversation()
    talk.upgrade()
    for number in 0..<900 {
      talk.send(
        number % 3 == 0 ? .client : .server, WebSocketBytes.text(String(repeating: "y", count: number)))
      if number % 5 == 0 { talk.acknowledge(.client) }
    }
    talk.finish(.server)
    try expectSame(CaptureSource(bytes: PcapBytes.file(talk.packets.shuffled(distance: 6, seed: 7))))
  }

  @Test func `a capture that cannot be opened is refused on two threads as well`() {
    #expect(throws: CaptureError.self) {
      try Pipeline.readOnTwoThreads(CaptureSource(bytes: [1, 2, 3, 4, 5]), into: LegLog())
    }
  }

  @Test func `what a damaged file holds before the damage is told`() throws {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.text("hello"))
    try expectSame(CaptureSource(bytes: PcapBytes.file(talk.packets).dropLast(3)))
  }
}
