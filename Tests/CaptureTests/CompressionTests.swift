import Capture
import Foundation
import TestSupport
import Testing

/// Captures compressed by the programs that people use.
@Suite struct CompressionTests {
  static let file = PcapBytes.file(Reading.packets)

  /// What a program writes that reads `bytes`.
  static func output(of arguments: String..., reading bytes: [UInt8]) throws -> [UInt8] {
    try TemporaryFolder.with { folder in
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = arguments
      let output = folder.path + "/output"
      _ = FileManager.default.createFile(atPath: output, contents: nil)
      process.standardInput = try FileHandle(forReadingFrom: URL(filePath: folder.file(bytes, name: "input")))
      process.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
      try process.run()
      process.waitUntilExit()
      try #require(process.terminationStatus == 0)
      return Array(try Data(contentsOf: URL(filePath: output)))
    }
  }

  static let programs = [
    ["gzip", "-c"], ["gzip", "-1", "-c"], ["zstd", "-c"], ["zstd", "-c", "--long=27", "-19"],
  ]

  static func compressed(_ bytes: [UInt8], by program: [String]) throws -> [UInt8] {
    switch program.count {
    case 2: try output(of: program[0], program[1], reading: bytes)
    case 3: try output(of: program[0], program[1], program[2], reading: bytes)
    default: try output(of: program[0], program[1], program[2], program[3], reading: bytes)
    }
  }

  @Test(arguments: programs)
  func `a compressed capture gives what it holds`(program: [String]) throws {
    for file in [Self.file, PcapngBytes.file(Reading.packets), CaptureStreamTests.large] {
      let plain = try Reading(of: file)
      let reading = try Reading(of: Self.compressed(file, by: program))
      #expect(reading.damage == nil)
      #expect(reading.payloads == plain.payloads)
      #expect(reading.times == plain.times)
    }
  }

  /// RFC 8878 §3.1.2: such frames may come anywhere, any of 16 kinds.
  @Test(arguments: [0x50, 0x5f] as [UInt8]) func `a skippable frame is passed over`(kind: UInt8) throws {
    let frame: [UInt8] = [kind, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4]
    let reading = try Reading(of: frame + Self.compressed(Self.file, by: ["zstd", "-c"]))
    #expect(reading.damage == nil)
    #expect(reading.numbers == [1, 2, 3, 4, 5, 6])
  }

  @Test(arguments: [["gzip", "-c"], ["zstd", "-c"]])
  func `members behind each other are one capture`(program: [String]) throws {
    let middle = Self.file.count / 2
    let bytes =
      try Self.compressed(Array(Self.file[..<middle]), by: program)
      + Self.compressed(Array(Self.file[middle...]), by: program)
    let reading = try Reading(of: bytes)
    #expect(reading.damage == nil)
    #expect(reading.numbers == [1, 2, 3, 4, 5, 6])
  }

  @Test func `padding behind a gzip member is passed over`() throws {
    let reading = try Reading(of: Self.compressed(Self.file, by: ["gzip", "-c"]) + [0, 0, 0, 0])
    #expect(reading.damage == nil)
    #expect(reading.numbers.count == 6)
  }

  @Test(arguments: [["gzip", "-c"], ["zstd", "-c"]])
  func `compressed data that is cut gives the packets before, and says so`(program: [String]) throws {
    let bytes = try Self.compressed(CaptureStreamTests.large, by: program)
    let name = program[0]
    let reading = try Reading(of: Array(bytes.dropLast(bytes.count / 3)))
    let damage = try #require(reading.damage)
    #expect(damage.problem == "the \(name) data ends too early")
    #expect(damage.byte == UInt64(bytes.count - bytes.count / 3))
    #expect(damage.packet == UInt64(reading.segments.count + 1))
    for length in 4..<min(bytes.count, 40) {
      let error = #expect(throws: CaptureError.self) { try Reading(of: Array(bytes.prefix(length))) }
      #expect(error?.problem == "the \(name) data ends too early", "\(length)")
    }
  }

  @Test(arguments: [["gzip", "-c"], ["zstd", "-c", "--check"]])
  func `compressed data that was changed is damage, never a trap`(program: [String]) throws {
    let bytes = try Self.compressed(CaptureStreamTests.large, by: program)
    var random = SeededGenerator(seed: 5)
    var found = 0
    for _ in 0..<60 {
      var changed = bytes
      changed[Int.random(in: 20..<bytes.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      guard let reading = try? Reading(of: changed) else { continue }
      if reading.damage?.problem == "the \(program[0]) data is damaged" { found += 1 }
    }
    #expect(found > 10)
  }

  /// bzip2, xz and lz4 by their first bytes.
  @Test(arguments: [
    ("bzip2", "bzcat", [0x42, 0x5a, 0x68, 0x39]), ("xz", "xzcat", [0xfd, 0x37, 0x7a, 0x58, 0x5a]),
    ("lz4", "lz4cat", [0x04, 0x22, 0x4d, 0x18]),
  ])
  func `another compression is named with the way out`(name: String, cat: String, bytes: [UInt8]) throws {
    let error = try #require(throws: CaptureError.self) { try Reading(of: bytes + [0, 0, 0, 0]) }
    #expect(error.problem == "is compressed with \(name)")
    #expect(error.advice == "\(cat) FILE | wsclose -")
  }
}
