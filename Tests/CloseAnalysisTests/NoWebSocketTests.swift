import Foundation
import TestSupport
import Testing

/// Real traffic without any WebSocket shows none, wherever a capture of it begins.
@Suite struct NoWebSocketTests {
  static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "samples/other/no-websocket.pcap").path

  @Test func `whole connections are no session`() throws {
    let packets = try TestPacket.read(Self.path)
    #expect(packets.count > 1000)
    #expect(Stages.sessions(of: packets).isEmpty)
  }

  @Test(arguments: 0..<12)
  func `a late beginning makes no session of it`(step: Int) throws {
    let packets = try TestPacket.read(Self.path)
    #expect(Stages.sessions(of: Array(packets.dropFirst(packets.count * step / 12))).isEmpty)
  }

  @Test func `connections without their handshakes are no session`() throws {
    let packets = try TestPacket.read(Self.path).filter { !$0.segment.flags.contains(.syn) }
    #expect(Stages.sessions(of: packets).isEmpty)
  }

  @Test(arguments: 0..<30 as Range<UInt64>)
  func `lost packets make no session of it`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let rate = [2, 10, 100][Int(seed % 3)] as UInt64
    let packets = try TestPacket.read(Self.path).filter { _ in random.next() % rate != 0 }
    #expect(Stages.sessions(of: packets).isEmpty)
  }
}
