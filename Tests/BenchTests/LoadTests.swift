import BenchLoad
import Capture
import CloseAnalysis
import Foundation
import TestSupport
import Testing

/// The captures of the benchmark hold what they are said to hold.
@Suite struct LoadTests {
  @Test func `a clone has both legs and the verdict of its recording`() throws {
    let made = try Made(.ws, sessions: 50)
    #expect(made.summary.packets == 1200)
    #expect(made.summary.flows == 100)
    let sessions = made.sessions
    #expect(sessions.count == 50)
    for session in sessions {
      #expect(session.legs.count == 2)
      #expect(session.legs.allSatisfy { $0.acceptMatches == true })
      #expect(try session.verdict == made.expected(session).verdict)
      #expect(try session.clientClose?.body == made.expected(session).clientClose?.body)
    }
  }

  @Test func `no two clones have anything in common that tells sessions apart`() throws {
    let sessions = try Made(.ws, sessions: 50).sessions
    #expect(Set(sessions.map(\.request?.key)).count == 50)
    #expect(Set(sessions.map(\.request?.requestID)).count == 50)
    #expect(Set(sessions.flatMap(\.legs).map(\.connection.client)).count == 100)
    let masks = sessions.compactMap(\.clientClose?.frame.header.maskingKey)
    // One recording of the five has a Close frame from the client.
    #expect(masks.count == 10)
    #expect(Set(masks).count == masks.count)
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>)
  func `lost and late packets make no verdict wrong`(seed: UInt64) throws {
    let made = try Made(.ws, sessions: 200, disorder: Disorder(reorder: 0.05, loss: 0.01), seed: seed)
    #expect(made.summary.lost > 20)
    #expect(made.summary.reordered > 100)
    #expect(made.packets.count == 4800 - made.summary.lost)
    let sessions = made.sessions
    #expect(sessions.count { $0.legs.count == 2 } > 180)
    for session in sessions where session.verdict != .undetermined {
      #expect(try session.verdict == made.expected(session).verdict)
    }
  }

  @Test func `a long session has the frames that were asked for`() throws {
    let made = try Made(.messages, sessions: 3, frames: 3000)
    let frames = Stages.legEvents(of: made.packets).frames
    #expect(frames.count == made.summary.frames)
    #expect((2900...3000).contains(frames.count))
    #expect(frames.allSatisfy { $0.header.payloadLength < 20 })
    let masks = frames.compactMap(\.header.maskingKey)
    // Each of them is on both legs.
    #expect(Set(masks).count * 2 == masks.count)
    #expect(made.sessions.map(\.verdict) == [.delivered, .delivered, .delivered])
    #expect(made.sessions.allSatisfy { $0.legs.count == 2 && $0.clientClose?.body.code?.rawValue == 4321 })
  }

  @Test func `downloads are whole and none of them is a session`() throws {
    let made = try Made(.mix, sessions: 4, flows: 14)
    #expect(made.summary.flows == 14)
    #expect(made.sessions.count == 4)
    let streams = Stages.streams(of: made.packets)
    #expect(streams.bytes[.server, default: []].count > 6 * 295_000)
    #expect(!streams.events.contains { if case .gap = $0 { true } else { false } })
  }

  @Test func `packets come in the order of time, and the same for the same seed`() throws {
    let made = try Made(.ws, sessions: 20)
    let times = made.packets.map(\.segment.packet.time)
    #expect(times == times.sorted())
    #expect(try Made(.ws, sessions: 20).bytes == made.bytes)
    #expect(try Made(.ws, sessions: 20, seed: 2).bytes != made.bytes)
  }
}

/// A capture that was made.
private struct Made {
  let count: Int
  private(set) var bytes: [UInt8] = []
  let summary: LoadSummary
  let packets: [TestPacket]
  /// What the recordings of its WebSockets show, in turn.
  let recorded: [Session]

  static let samples = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "samples").path

  init(
    _ kind: LoadKind, sessions: Int, flows: Int = 0, frames: Int = 0, disorder: Disorder = Disorder(),
    seed: UInt64 = 1
  ) throws {
    count = sessions
    var size = LoadSize(kind)
    size.sessions = sessions
    size.flows = flows
    size.frames = frames
    size.concurrent = 10
    var written: [UInt8] = []
    summary = try Load(kind, size: size, disorder: disorder, samples: Self.samples, seed: seed).write {
      written += $0
    }
    bytes = written
    var reader = try CaptureReader(CaptureSource(bytes: written))
    var collector = PacketCollector()
    reader.read(into: &collector)
    #expect(reader.damages.isEmpty)
    packets = collector.packets
    recorded = try kind.webSockets.map {
      try #require(Stages.sessions(of: TestPacket.read("\(Self.samples)/\($0)")).first)
    }
  }

  var sessions: [Session] { Stages.sessions(of: packets) }

  /// What the recording says that a session is a clone of: the client's port tells which one it is.
  func expected(_ session: Session) throws -> Session {
    let port = session.client.connection.client.port
    let leg = session.client.connection.client.address.isLoopback ? 1 : 0
    let number = try #require((0..<count).first { ClientPort.of($0, leg: leg) == port })
    return recorded[number % recorded.count]
  }
}
