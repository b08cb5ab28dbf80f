import Foundation
import TestSupport
import Testing

/// Captures as people have them: of several interfaces, compressed, in parts, in folders.
@Suite struct CaptureKindTests {
  @Test func `a line is as precise as the capture, also where its first time ends in zeros`() async throws {
    var talk = Conversation()
    talk.upgrade()
    talk.send(.server, WebSocketBytes.close(4321, "test"))
    talk.finish(.server)
    let packets = talk.packets.enumerated().map { number, packet in
      [packet].shifted(by: Double(number) * 1.23e-7)[0]
    }
    try await TemporaryFiles.with { files in
      let path = try files.file("fine.pcap", PcapBytes.file(packets, isNanoseconds: true))
      func times(_ format: String) async throws -> Set<Substring> {
        let output = try await Command.wsclose(["--format", format, path]).output
        return Set(output.matches(of: /[0-9:]{8}\.[0-9]+Z/).map(\.output))
      }
      let (report, lines) = (try await times("json"), try await times("ndjson"))
      #expect(!lines.isEmpty && lines.isSubset(of: report))
    }
  }

  /// Link types, and what stands before IP in a packet of each.
  static let linkTypes: [(first: UInt16, UInt16, firstHeader: [UInt8], [UInt8])] = [
    (1, 101, ethernet, []), (101, 1, [], ethernet), (113, 276, sll, sll2), (276, 0, sll2, [2, 0, 0, 0]),
    (228, 108, [], [0, 0, 0, 2]),
  ]
  static let ethernet = [UInt8](repeating: 0, count: 12) + [0x08, 0x00]
  static let sll = [UInt8](repeating: 0, count: 14) + [0x08, 0x00]
  static let sll2 = [0x08, 0x00] + [UInt8](repeating: 0, count: 18)

  @Test(arguments: linkTypes)
  func `interfaces of two link types and snapshot lengths are read together`(
    _ first: UInt16, _ second: UInt16, _ header: [UInt8], _ otherHeader: [UInt8]
  ) async throws {
    let bytes =
      PcapngBytes.section(.little) + PcapngBytes.interface(.little, linkType: first)
      + Self.packets(0, header) + PcapngBytes.interface(.little, linkType: second, snapLength: 65_535)
      + Self.packets(1, otherHeader)
    try await TemporaryFiles.with { files in
      let report = try await Report.of(files.file("two types.pcapng", bytes))
      #expect(report.sessions.map { $0.close?.code } == [4321, 4321])
      #expect(report.sessions.map(\.port) == [40000, 40001])
    }
  }

  @Test(arguments: ["gzip", "zstd"])
  func `a compressed capture is read whatever it is called`(program: String) async throws {
    let sample = Sample.named("default-node").path
    try await TemporaryFiles.with { files in
      let packed = files.path + "/pod.pcap"
      let outcome = try await Command.shell(
        "\(program) -c \"$1\" >\"$2\" && \"$wsclose\" --format json \"$2\" && \"$wsclose\" --format json - <\"$2\"",
        [sample, packed])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let reports = outcome.output.split(separator: "\n{\n").count
      #expect(reports == 2)
      #expect(try await Report.of(packed).sessions.map(\.verdict) == ["delivered"])
    }
  }

  /// tcpdump's -C writes names with numbers behind them.
  @Test func `the parts of a rotated capture are one capture`() async throws {
    let sample = Sample.named("default-node").path
    let whole = try await Report.of(sample)
    let packets = try TestPacket.read(sample)
    let middle = packets.count / 2
    try await TemporaryFiles.with { files in
      let second = try files.file("cap.pcap1", PcapBytes.file(Array(packets[middle...])))
      let first = try files.file("cap.pcap0", PcapBytes.file(Array(packets[..<middle])))
      let report = try await Report.of(second, first)
      #expect(report.captures.count == 1)
      #expect(report.sessions.map(\.verdict) == whole.sessions.map(\.verdict))
      #expect(report.sessions.count == 1)
      let text = try await Command.wsclose([second, first])
      #expect(text.output.contains("cap.pcap0 and 1 file more: \(packets.count) packets"))
      #expect(text.output.contains("cap.pcap1 packet "))
      let frames = try await Command.wsclose(["frames", second, first])
      #expect(frames.status == 0)
      #expect(frames.output.contains("cap.pcap1  "))
    }
  }

  @Test func `a folder stands for the captures in it, and what else lies there is passed over`() async throws
  {
    let sample = Sample.named("default-node").path
    try await TemporaryFiles.with { files in
      _ = try await Command.shell(
        "cd \"$1\" && mkdir -p a/b .hidden empty && gzip -c \"$2\" >a/b/x.dat && echo note >a/note.txt"
          + " && cp \"$2\" .hidden/h.pcap && mkfifo a/pipe && ln -s . a/loop", [files.path, sample])
      let report = try await Report.of(files.path)
      #expect(report.captures.map(\.source) == [files.path + "/a/b/x.dat"])
      let empty = try await Command.wsclose([files.path + "/empty"])
      #expect(empty.status == 2)
      #expect(empty.errors.contains("holds no capture"))
    }
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
