import Capture
import TestSupport

/// All that reading one capture file gave.
struct Reading {
  var segments: [TCPSegment] = []
  var payloads: [[UInt8]] = []
  var statistics = CaptureStatistics()
  var damage: CaptureError?
  var linkType: LinkType

  var numbers: [UInt64] { segments.map(\.packet.number) }
  var times: [Int64] { segments.map(\.packet.time.nanoseconds) }

  init(
    path: String, filter: String? = nil, index: Int = 0, isStopped: @escaping () -> Bool = { false }
  ) throws {
    let reader = CaptureReader(
      try PcapFile(path: path, filter: filter, index: index, isStopped: isStopped))
    linkType = reader.linkType
    reader.forEachSegment { segment, frame in
      segments.append(segment)
      payloads.append(segment.payload.map { frame[$0] })
    }
    statistics = reader.statistics
    damage = reader.damage
  }

  /// Reads a capture that has these bytes.
  init(of bytes: [UInt8], filter: String? = nil) throws {
    self = try TemporaryFolder.with { try Reading(path: $0.file(bytes), filter: filter) }
  }

  /// A request and an answer on one connection, another connection's request; microseconds apart.
  static var packets: [TestPacket] {
    var first = Conversation()
    first.open()
    first.send(.client, Array("request".utf8))
    first.send(.server, Array("answer, longer".utf8))
    var second = Conversation(client: "10.9.1.3:40001", server: "10.9.1.1:443", at: 0.00015)
    second.send(.client, Array("other".utf8))
    return TestPacket.merged([first.packets, second.packets])
  }
}
