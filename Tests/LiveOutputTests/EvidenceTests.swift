import Capture
import CloseAnalysis
import Foundation
import LiveOutput
import Pipeline
import TestSupport
import Testing

@Suite struct EvidenceTests {
  /// What a live capture would have put into the ring.
  static func ring(
    _ packets: [TestPacket], byteLimit: Int = 4 << 20, keepsPayload: Bool = false
  ) -> PacketRing {
    let ring = PacketRing(byteLimit: byteLimit, keepsPayload: keepsPayload)
    for packet in packets { add(packet, to: ring) }
    return ring
  }

  static func add(_ packet: TestPacket, to ring: PacketRing) {
    let frame = PcapBytes.ethernet(packet)
    var segment = packet.segment
    segment.payload = 54..<frame.count
    segment.interface = 3
    ring.add(segment, in: frame.span, wireLength: frame.count, as: .ethernet)
  }

  static func file(_ session: Session, _ ring: PacketRing) -> EvidenceFile {
    EvidenceFile(session, from: ring, at: "20260102T030405.678Z", interfaceNames: [3: "eth3"])
  }

  /// The sessions that a file of evidence shows.
  static func sessions(_ file: EvidenceFile) throws -> [Session] {
    let reading = try Pipeline.read(CaptureSource(bytes: file.bytes), into: LegCollector(capture: 0))
    #expect(reading.damages == [])
    return Analysis(captures: [reading.summary], legs: reading.sink.legs).sessions
  }

  static func contains(_ file: EvidenceFile, _ text: String) -> Bool {
    Data(file.bytes).range(of: Data(text.utf8)) != nil
  }

  /// The server closes, and the proxy does not pass it on.
  static var lost: [TestPacket] {
    var conversation = ProxiedConversation()
    conversation.upgrade(requestFields: ["Cookie: secret-cookie"])
    conversation.fromClient(WebSocketBytes.frame(.text, Array("secret-question".utf8), mask: 0))
    conversation.fromServer(WebSocketBytes.frame(.text, Array("secret-answer".utf8)))
    let last = WebSocketBytes.frame(
      .text, Array(repeating: Array("secret-rest".utf8), count: 90).flatMap { $0 })
    conversation.intoProxy(last + WebSocketBytes.close(4321, "test"), fin: true)
    conversation.onInner { $0.fin(.client) }
    conversation.onOuter { $0.finish(.server) }
    return conversation.packets
  }

  @Test func `the file of a lost session shows the loss, and no message`() throws {
    let session = try #require(Stages.sessions(of: Self.lost).first)
    #expect(session.verdict == .lost)
    let file = Self.file(session, Self.ring(Self.lost))
    #expect(file.name == "20260102T030405.678Z-lost-10.9.1.2-40000-1.pcapng")
    #expect(EvidenceFile.isName(file.name))
    #expect(!Self.contains(file, "secret"))
    #expect(Self.contains(file, "test") && Self.contains(file, "eth3"))
    let seen = try #require(try Self.sessions(file).first)
    #expect(seen.verdict == .lost)
    #expect(seen.legs.count == 2)
    #expect(seen.close?.seen.body.code?.rawValue == 4321)
  }

  @Test func `payload is there if it was asked for`() throws {
    let session = try #require(Stages.sessions(of: Self.lost).first)
    let file = Self.file(session, Self.ring(Self.lost, keepsPayload: true))
    for word in ["secret-cookie", "secret-answer", "secret-rest"] { #expect(Self.contains(file, word)) }
    #expect(try Self.sessions(file).first?.verdict == .lost)
  }

  @Test
  func `packets of other connections are not in the file, nor those of a later one with the same ports`()
    throws
  {
    var other = ProxiedConversation(1)
    other.upgrade()
    var again = ProxiedConversation()
    again.upgrade()
    let all = TestPacket.numbered(Self.lost + other.packets + again.packets)
    let session = try #require(Stages.sessions(of: TestPacket.numbered(Self.lost)).first)
    let file = Self.file(session, Self.ring(all))
    #expect(file.bytes == Self.file(session, Self.ring(TestPacket.numbered(Self.lost))).bytes)
  }

  @Test func `a file tells that packets had left the ring`() throws {
    var other = Conversation(client: "10.1.1.1:1000", server: "10.1.1.2:80")
    for _ in 0..<2000 { other.send(.client, [UInt8](repeating: 0, count: 500)) }
    let packets = Self.lost
    let session = try #require(Stages.sessions(of: packets).first)
    let ring = PacketRing(byteLimit: 1 << 16)
    for packet in packets { Self.add(packet, to: ring) }
    #expect(!Self.contains(Self.file(session, ring), "had left the ring"))
    for packet in other.packets { Self.add(packet, to: ring) }
    #expect(Self.contains(Self.file(session, ring), "had left the ring"))
  }

  // MARK: The folder

  static let names: [(name: String, isOne: Bool)] = [
    ("20260102T030405.678Z-lost-10.9.1.2-40000-1.pcapng", true),
    ("20260102T030405.678Z-absent---1--40000-12.pcapng", true),
    ("20260102T030405.678Z-other-10.9.1.2-40000-1.pcapng", false), ("capture.pcapng", false),
    ("20260102T030405.678Z-lost-10.9.1.2-40000-1.pcap", false), (".pcapng", false), ("", false),
    ("my-lost-files-of-2026.pcapng", false),
  ]

  @Test(arguments: names)
  func `only files of evidence are known as such`(name: String, isOne: Bool) {
    #expect(EvidenceFile.isName(name) == isOne)
  }

  @Test func `the oldest files make room, those of earlier runs too, and no others`() throws {
    try TemporaryFolder.with { folder in
      let session = try #require(Stages.sessions(of: Self.lost).first)
      var file = Self.file(session, Self.ring(Self.lost))
      // Whole blocks of the disk.
      let size = 8192
      #expect((4097...8192).contains(file.bytes.count))
      for name in ["20250102T030405.678Z-lost-10.9.1.2-1-1.pcapng", "keep.pcapng"] {
        try Data(file.bytes).write(to: URL(fileURLWithPath: "\(folder.path)/\(name)"))
      }
      let evidence = EvidenceFolder(try EvidenceFolder.Opened(path: folder.path), budget: size * 5 / 2) { _ in
      }
      #expect(evidence.counts.bytes == size)
      for number in 1...3 {
        file.name = "2026010\(number)T030405.678Z-lost-10.9.1.2-1-\(number).pcapng"
        evidence.write(file)
      }
      evidence.finish()
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
          "20260102T030405.678Z-lost-10.9.1.2-1-2.pcapng", "20260103T030405.678Z-lost-10.9.1.2-1-3.pcapng",
          "keep.pcapng",
        ])
      let counts = evidence.counts
      #expect((counts.files, counts.lostFiles, counts.removedFiles, counts.bytes) == (3, 0, 2, size * 2))
    }
  }

  @Test func `what an earlier run left beyond the budget is removed at once, half files too, and no folder`()
    throws
  {
    try TemporaryFolder.with { folder in
      let names = [
        "20260103T030405.678Z-lost-a-1-3.pcapng", ".20260101T030405.678Z-lost-a-1-1.pcapng",
        "20260102T030405.678Z-lost-a-1-2.pcapng",
      ]
      for name in names {
        try Data(count: 1000).write(to: URL(fileURLWithPath: "\(folder.path)/\(name)"))
      }
      let other = "20250101T030405.678Z-lost-a-1-1.pcapng"
      try FileManager.default.createDirectory(
        atPath: "\(folder.path)/\(other)", withIntermediateDirectories: false)
      let evidence = EvidenceFolder(try EvidenceFolder.Opened(path: folder.path), budget: 6000) { _ in }
      evidence.finish()
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [other, names[0]])
      #expect(evidence.counts.removedFiles == 2 && evidence.counts.bytes == 4096)
    }
  }
}
