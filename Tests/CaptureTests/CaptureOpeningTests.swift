import Capture
import Foundation
import TestSupport
import Testing

@Suite struct CaptureOpeningTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var bytes: [UInt8]
    var problem: String
    var byte: UInt64? = nil
  }

  static let valid = PcapBytes.file(Reading.packets)
  static let fileAdvice = "give a file that tcpdump -w or Wireshark wrote"

  static let rows = [
    Row(testDescription: "empty", bytes: [], problem: "is empty"),
    Row(
      testDescription: "half a magic number", bytes: Array(valid.prefix(2)),
      problem: "ends inside the capture file's header", byte: 2),
    Row(
      testDescription: "cut behind the magic number", bytes: Array(valid.prefix(4)),
      problem: "ends inside the capture file's header", byte: 4),
    Row(
      testDescription: "cut before the last byte of the header", bytes: Array(valid.prefix(23)),
      problem: "ends inside the capture file's header", byte: 23),
    Row(
      testDescription: "pcapng cut in its section header", bytes: Array(PcapngBytes.section(.big).prefix(20)),
      problem: "ends inside the capture file's header", byte: 20),
    Row(
      testDescription: "text", bytes: Array("No. Time Source Destination".utf8),
      problem: "is not a pcap or pcapng capture", byte: 4),
    Row(
      testDescription: "zeros", bytes: [UInt8](repeating: 0, count: 100),
      problem: "is not a pcap or pcapng capture", byte: 4),
  ]

  @Test(arguments: rows)
  func `a file that is no capture is refused with its reason`(_ row: Row) throws {
    let (path, error) = try TemporaryFolder.with { folder in
      let path = try folder.file(row.bytes)
      return (path, try #require(throws: CaptureError.self) { _ = try Reading(path: path) })
    }
    #expect(error.source == path)
    #expect(error.problem == row.problem)
    #expect(error.byte == row.byte)
    #expect(error.packet == nil)
    #expect(
      error.advice
        == (row.bytes.isEmpty ? "let the capture run until packets have been written" : Self.fileAdvice))
  }

  @Test func `a link type that is not known is named`() throws {
    let error = try #require(throws: CaptureError.self) {
      _ = try Reading(of: PcapBytes.header(linkType: 105))
    }
    #expect(error.problem == "link type 105 (IEEE802_11) is not supported")
    #expect(error.advice == "capture on an Ethernet, loopback or 'any' interface")
  }

  @Test func `a path that does not exist is refused`() throws {
    let error = try #require(throws: CaptureError.self) { _ = try Reading(path: "/nonexistent/a.pcap") }
    #expect(error.description == "/nonexistent/a.pcap: no such file or directory; check the path")
  }

  @Test func `a directory is refused`() throws {
    let (path, error) = try TemporaryFolder.with { folder in
      (folder.path, try #require(throws: CaptureError.self) { _ = try Reading(path: folder.path) })
    }
    #expect(error.description == "\(path): is a directory; name the capture files in it")
  }

  @Test func `a device that has nothing is empty`() throws {
    let error = try #require(throws: CaptureError.self) { _ = try Reading(path: "/dev/null") }
    #expect(error.problem == "is empty")
  }

  @Test func `an error is one line that says where`() {
    let error = CaptureError(
      source: "a.pcap", problem: "it broke", packet: 3, byte: 99, advice: "mend it")
    #expect(error.description == "a.pcap, packet 3, byte 99: it broke; mend it")
  }

  /// The targets of this process's descriptors that lie under `path`.
  private static func openFiles(under path: String) throws -> [String] {
    let folder = "/proc/self/fd"
    return try FileManager.default.contentsOfDirectory(atPath: folder)
      .compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)") }
      .filter { $0.hasPrefix(path) }
  }

  @Test func `no file stays open after it was read or refused`() throws {
    try TemporaryFolder.with { folder in
      _ = try Reading(path: folder.file(Self.valid, name: "read"))
      _ = try? Reading(path: folder.file(Self.valid, name: "filter"), filter: "nonsense")
      _ = try? Reading(path: folder.file(PcapBytes.header(linkType: 105), name: "link type"))
      _ = try? Reading(path: folder.file(Array("text".utf8), name: "text"))
      _ = try? Reading(path: folder.file([], name: "empty"))
      let left = try Self.openFiles(under: folder.path)
      #expect(left.isEmpty)
    }
  }

  @Test func `a directory does not stay open after it was refused`() throws {
    try TemporaryFolder.with { folder in
      _ = try? Reading(path: folder.path)
      let left = try Self.openFiles(under: folder.path)
      #expect(left.isEmpty)
    }
  }
}
