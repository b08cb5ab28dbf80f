import Streams
import TestSupport
import Testing

/// What is told of a stream when packets of its connection are missing.
@Suite struct StreamGapTests {
  static let text = Array("0123456789abcdefghij".utf8)

  /// An answered extended CONNECT on stream 1, the server's `frames` in segments of which the capture misses
  /// `missing`, and then the server's last words on the stream.
  static func carried(_ segments: [[UInt8]], missing: Int) throws -> CarriedRecorder {
    var (talk, _, _) = try CarriedStreamTests.opened()
    for (index, segment) in segments.enumerated() {
      if index == missing {
        talk.sendUncaptured(.server, UInt32(segment.count))
      } else {
        talk.send(.server, segment)
      }
      talk.acknowledge(.client)
      talk.time += 40
    }
    return talk.packets.carried
  }

  @Test func `bytes missing inside of a DATA frame are missing in the stream, no more`() throws {
    let frame = HTTP2Bytes.data(1, Self.text)
    let recorder = try Self.carried(
      [Array(frame[..<12]), Array(frame[12..<20]), frame[20...] + HTTP2Bytes.data(1, [33], endStream: true)],
      missing: 1)
    let log = try #require(recorder.carried.first)
    #expect(log.gaps == [3..<11])
    #expect(log.gapCauses == [.notCaptured])
    #expect(log.bytes.server == Self.text[..<3] + Self.text[11...] + [33])
    #expect(log.ends == [End(side: .server, kind: .endStream, offset: 21)])
    #expect(recorder.violations == [])
  }

  @Test func `missing padding is missed nowhere`() throws {
    let frame = HTTP2Bytes.data(1, Self.text, padding: 50)
    let recorder = try Self.carried(
      [Array(frame[..<35]), Array(frame[35..<60]), frame[60...] + HTTP2Bytes.data(1, [33])], missing: 1)
    let log = try #require(recorder.carried.first)
    #expect(log.gaps == [])
    #expect(log.bytes.server == Self.text + [33])
  }

  @Test func `without the length of its padding nobody knows what of a frame is data`() throws {
    let frame = HTTP2Bytes.data(1, Self.text, padding: 5)
    let recorder = try Self.carried(
      [Array(frame[..<9]), Array(frame[9..<12]), frame[12...] + HTTP2Bytes.data(1, [33])], missing: 1)
    let log = try #require(recorder.carried.first)
    #expect(log.gaps == [0..<1])
    #expect(log.gapCauses == [.unknownLength])
    #expect(log.bytes.server == [33])
  }

  @Test func `a frame of another kind may miss bytes`() throws {
    let frame = HTTP2Bytes.frame(0xfa, stream: 0, Self.text)
    let recorder = try Self.carried(
      [Array(frame[..<12]), Array(frame[12..<20]), frame[20...] + HTTP2Bytes.data(1, [33])], missing: 1)
    let log = try #require(recorder.carried.first)
    #expect(log.gaps == [])
    #expect(log.bytes.server == [33])
  }

  /// Three frames, and the segment with the header of the second is missing.
  @Test func `frames are found again, and what was between them is of unknown length`() throws {
    let frames = [1, 2, 3].map { HTTP2Bytes.data(1, [UInt8](repeating: UInt8($0), count: 100)) }
    let recorder = try Self.carried(frames, missing: 1)
    let log = try #require(recorder.carried.first)
    #expect(log.gaps == [100..<101])
    #expect(log.gapCauses == [.unknownLength])
    #expect(log.bytes.server == [UInt8](repeating: 1, count: 100) + [UInt8](repeating: 3, count: 100))
    #expect(recorder.violations == [])
  }

  @Test func `what does not look like frames is passed over`() throws {
    let frames = [1, 2, 3].map { HTTP2Bytes.data(1, [UInt8](repeating: UInt8($0), count: 100)) }
    let recorder = try Self.carried(
      [frames[0], frames[1], Array(frames[1][50...]), [UInt8](repeating: 0, count: 60), frames[2]], missing: 1
    )
    let log = try #require(recorder.carried.first)
    #expect(log.bytes.server == [UInt8](repeating: 1, count: 100) + [UInt8](repeating: 3, count: 100))
    #expect(log.gapCauses == [.unknownLength])
  }

  @Test func `header blocks behind a missing one are unknown, frames are not`() throws {
    var (talk, client, server) = try CarriedStreamTests.opened()
    talk.sendUncaptured(.client, UInt32(try client.extendedConnect(3).count))
    talk.acknowledge(.server)
    talk.time += 40
    talk.send(.server, try server.accepted(3) + HTTP2Bytes.data(3, Array("three".utf8)))
    talk.send(.client, HTTP2Bytes.data(1, Array("one".utf8)))
    talk.send(.client, try client.extendedConnect(5))
    talk.send(.client, HTTP2Bytes.data(5, Array("five".utf8)))
    let recorder = talk.packets.carried
    let logs = recorder.carried
    #expect(logs.map(\.connection.http2Stream) == [1, 3, 5])
    #expect(logs.map(\.connection.sawStart) == [true, false, false])
    #expect(logs.map(\.requests.count) == [1, 0, 0])
    #expect(logs.map { String(decoding: $0.bytes.client, as: UTF8.self) } == ["one", "", "five"])
    #expect(String(decoding: logs[1].bytes.server, as: UTF8.self) == "three")
    #expect(logs.map(\.gapCauses) == [[.unknownLength], [], []])
    #expect(recorder.violations == [])
  }

  /// One packet after another is missing: whatever is told then is true.
  @Test(arguments: 3..<30)
  func `nothing is invented for a packet that is missing`(index: Int) throws {
    var packets = try CarriedStreamTests.conversation()
    guard index < packets.count else { return }
    packets.remove(at: index)
    let recorder = TestPacket.numbered(packets).carried
    #expect(recorder.violations == [])
    for log in recorder.carried {
      let (client, server) = log.connection.http2Stream == 1 ? ("hello", "world!") : ("", "three")
      let isOrdinary = log.connection.http2Stream == 5
      #expect([1, 3, 5].contains(log.connection.http2Stream))
      #expect(Self.isSubsequence(log.bytes.client, of: isOrdinary ? "form" : client))
      #expect(Self.isSubsequence(log.bytes.server, of: isOrdinary ? "\u{1}\u{2}" : server))
      #expect(log.ends.allSatisfy { $0.kind != .rstStream(0) })
    }
  }

  static func isSubsequence(_ bytes: [UInt8], of text: String) -> Bool {
    var rest = Array(text.utf8)[...]
    return bytes.allSatisfy { byte in
      guard let index = rest.firstIndex(of: byte) else { return false }
      rest = rest[(index + 1)...]
      return true
    }
  }
}
