import Foundation
import TestSupport
import Testing

/// The commands that messages name do what they say.
@Suite struct AdviceTests {
  static let hasWireshark = ["tshark", "editcap"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
  }

  /// Link types, what stands before IP in a packet of each, and whether both are among `wsclose`'s.
  static let linkTypes: [(first: UInt16, UInt16, firstHeader: [UInt8], [UInt8])] = [
    (1, 101, ethernet, []), (101, 1, [], ethernet), (113, 276, sll, sll2), (276, 0, sll2, [2, 0, 0, 0]),
    (228, 108, [], [0, 0, 0, 2]),
  ]
  static let ethernet = [UInt8](repeating: 0, count: 12) + [0x08, 0x00]
  static let sll = [UInt8](repeating: 0, count: 14) + [0x08, 0x00]
  static let sll2 = [0x08, 0x00] + [UInt8](repeating: 0, count: 18)

  @Test(.enabled(if: hasWireshark), arguments: linkTypes)
  func `the commands for two link types make two captures`(
    _ first: UInt16, _ second: UInt16, _ header: [UInt8], _ otherHeader: [UInt8]
  ) async throws {
    let bytes =
      PcapngBytes.section(.little) + PcapngBytes.interface(.little, linkType: first)
      + Self.packets(0, header) + PcapngBytes.interface(.little, linkType: second)
      + Self.packets(1, otherHeader)
    try await TemporaryFiles.with { files in
      let path = try files.file("two types.pcapng", bytes)
      let damaged = try await Command.wsclose([path])
      #expect(damaged.status == 2)
      let message = try #require(damaged.errorLines.first)
      let command = try #require(message.firstRange(of: "split it with ")).upperBound
      let split = try await Command.shell("cd \"$1\" && \(message[command...])", [files.path])
      #expect(split.status == 0, "\(split.errors)")
      for part in 1...2 {
        let report = try await Report.of("\(files.path)/part\(part).pcap")
        #expect(report.sessions.map { $0.close?.code } == [4321])
        #expect(report.sessions.map(\.port) == [40000 + part - 1])
      }
    }
  }

  @Test(.enabled(if: hasWireshark))
  func `the command for two snapshot lengths makes one capture`() async throws {
    let bytes =
      PcapngBytes.section(.little) + PcapngBytes.interface(.little)
      + PcapngBytes.interface(.little, snapLength: 65_535) + Self.packets(0, Self.ethernet)
      + Self.packets(1, Self.ethernet)
    try await TemporaryFiles.with { files in
      let path = try files.file("two lengths.pcapng", bytes)
      let damaged = try await Command.wsclose([path])
      #expect(damaged.status == 2)
      let message = try #require(damaged.errorLines.first)
      let command = try #require(message.firstMatch(of: #/editcap .* whole\.pcap/#)).0
      let merged = try await Command.shell("cd \"$1\" && \(command)", [files.path])
      #expect(merged.status == 0, "\(merged.errors)")
      let report = try await Report.of(files.path + "/whole.pcap")
      #expect(report.sessions.map(\.port) == [40000, 40001])
    }
  }

  @Test func `a gzip file that was unpacked is read`() async throws {
    let sample = Sample.named("default-node").path
    try await TemporaryFiles.with { files in
      let packed = files.path + "/pod.pcap.gz"
      let outcome = try await Command.shell("gzip -c \"$1\" >\"$2\"; \"$wsclose\" \"$2\"", [sample, packed])
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains("gunzip it"))
      let read = try await Command.shell(
        "zcat \"$1\" | \"$wsclose\" --format json -", [packed])
      #expect(try Report(read.output).sessions.map(\.verdict) == ["delivered"])
    }
  }

  /// `kubectl debug -- tcpdump` attaches too late for the file's header.
  @Test func `help names a way to capture in a pod that works`() async throws {
    let help = try await Command.wsclose(["--help"]).output
    #expect(help.contains("kubectl exec"))
    #expect(!help.contains("kubectl debug"))
  }

  /// One session, its packets behind the link header of an interface.
  private static func packets(_ interface: UInt32, _ header: [UInt8]) -> [UInt8] {
    var conversation = Conversation(
      client: "10.9.1.2:\(40000 + interface)", at: Double(interface), clientISN: interface,
      serverISN: 1000 * interface)
    conversation.upgrade(key: "\(interface)AAAAAAAAAAAAAAAAAAAAA==")
    conversation.send(.server, WebSocketBytes.close(4321, "test"))
    conversation.finish(.server)
    return conversation.packets.flatMap { packet in
      PcapngBytes.enhancedPacket(
        header + PcapBytes.ipv4(packet), ticks: UInt64(packet.segment.packet.time.nanoseconds / 1000),
        interface: interface, order: .little)
    }
  }
}
