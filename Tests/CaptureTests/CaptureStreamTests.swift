import Capture
import Foundation
import Synchronization
import TestSupport
import Testing

/// Captures that are read while they are written, or not to their end.
@Suite struct CaptureStreamTests {
  /// Reads a capture through a named pipe, as `wsclose -` would be fed.
  static func piped(_ bytes: [UInt8]) throws -> Reading {
    try TemporaryFolder.with { folder in
      let pipe = folder.path + "/pipe"
      try run("/usr/bin/mkfifo", pipe).waitUntilExit()
      let writer = try run("/bin/sh", "-c", "exec cat \"$0\" > \"$1\"", folder.file(bytes), pipe)
      defer { writer.waitUntilExit() }
      return try Reading(path: pipe)
    }
  }

  private static func run(_ path: String, _ arguments: String...) throws -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    try process.run()
    return process
  }

  @Test func `a pipe gives what the file gives`() throws {
    let file = PcapBytes.file(Reading.packets)
    let reading = try Self.piped(file)
    #expect(reading.payloads == Reading.packets.map(\.payload))
    #expect(reading.damage == nil)
  }

  @Test func `damage in a pipe names its byte too`() throws {
    let file = Array(PcapBytes.file(Reading.packets).dropLast(3))
    let reading = try Self.piped(file)
    #expect(reading.numbers == [1, 2, 3, 4, 5])
    #expect(reading.damage?.packet == 6)
    #expect(reading.damage?.byte == UInt64(file.count))
  }

  @Test(arguments: [1, 4, 30, 200])
  func `a capture goes on where its beginning was read before`(count: Int) throws {
    let file = PcapBytes.file(Reading.packets)
    let reading = try TemporaryFolder.with { folder in
      var source = CaptureSource(path: try folder.file(Array(file.dropFirst(count))))
      source.beginning = Array(file.prefix(count))
      return try Reading(source)
    }
    #expect(reading.numbers == [1, 2, 3, 4, 5, 6])
    #expect(reading.damage == nil)
  }

  /// Larger than what is read at once.
  static let large: [UInt8] = {
    var conversation = Conversation()
    conversation.open()
    for _ in 0..<1000 { conversation.send(.server, [UInt8](repeating: 0x61, count: 1000)) }
    return PcapBytes.file(conversation.packets)
  }()

  @Test func `a capture of which nobody wants more ends without damage`() throws {
    try TemporaryFolder.with { folder in
      let asked = Atomic(0)
      let reading = try Reading(path: folder.file(Self.large)) {
        asked.wrappingAdd(1, ordering: .relaxed).newValue > 2
      }
      #expect(asked.load(ordering: .relaxed) == 3)
      #expect(reading.damage == nil)
      #expect((100..<900).contains(reading.segments.count))
      #expect(reading.numbers == (1...UInt64(reading.segments.count)).map { $0 })
    }
  }

  @Test func `a file whose reading is interrupted is damaged behind the last packet that was read`() throws {
    try TemporaryFolder.with { folder in
      let asked = Atomic(0)
      var source = CaptureSource(path: try folder.file(Self.large))
      source.isInterrupted = { asked.wrappingAdd(1, ordering: .relaxed).newValue > 2 }
      let reading = try Reading(source)
      #expect((100..<900).contains(reading.segments.count))
      #expect(
        reading.damage?.description
          == "\(source.paths[0]): interrupted behind packet \(reading.segments.count); read it again for the rest"
      )
    }
  }

  @Test func `an interruption behind a file's last byte leaves nothing out`() throws {
    try TemporaryFolder.with { folder in
      var source = CaptureSource(path: try folder.file(PcapBytes.file(Reading.packets)))
      source.isInterrupted = { true }
      let reading = try Reading(source)
      #expect(reading.numbers == [1, 2, 3, 4, 5, 6])
      #expect(reading.damage == nil)
    }
  }

  @Test func `files of a rotated capture that an interruption leaves out are damage`() throws {
    try TemporaryFolder.with { folder in
      let bytes = PcapBytes.file(Reading.packets)
      var source = CaptureSource(paths: [
        try folder.file(bytes, name: "a0"), try folder.file(bytes, name: "a1"),
      ])
      source.isInterrupted = { true }
      let reading = try Reading(source)
      #expect(reading.parts.map(\.packets) == [6, 0])
      #expect(reading.damage?.description == "\(source.paths[1]): was not read: interrupted; read it again")
    }
  }

  @Test func `a capture that nobody stops is read to its end`() throws {
    #expect(try Reading(of: Self.large).segments.count == 1003)
  }
}
