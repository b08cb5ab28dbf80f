import Capture
import TestSupport

/// All that reading one capture file gave.
struct Reading {
  var segments: [TCPSegment] = []
  var payloads: [[UInt8]] = []
  var statistics = CaptureStatistics()
  var damage: CaptureError?
  var linkTypes: [LinkType] { statistics.linkTypes }
  var secrets: [[UInt8]] = []
  var parts: [CapturePart] = []
  var remaining: [String] = []

  var numbers: [UInt64] { segments.map(\.packet.number) }
  var times: [Int64] { segments.map(\.packet.time.nanoseconds) }

  init(
    path: String, filter: String? = nil, index: Int = 0, options: DecodeOptions = DecodeOptions(),
    isStopped: @escaping @Sendable () -> Bool = { false }
  ) throws {
    var source = CaptureSource(path: path)
    source.filter = filter
    source.index = index
    source.decoding = options
    source.isStopped = isStopped
    try self.init(source)
  }

  init(_ source: CaptureSource) throws {
    var reader = try CaptureReader(source)
    var collector = PacketCollector()
    reader.read(into: &collector)
    segments = collector.packets.map(\.segment)
    payloads = collector.packets.map(\.payload)
    secrets = collector.secrets
    statistics = reader.statistics
    damage = reader.damages.first
    parts = reader.parts
    remaining = reader.remaining
  }

  /// Reads a capture that has these bytes.
  init(of bytes: [UInt8], filter: String? = nil, options: DecodeOptions = DecodeOptions()) throws {
    var source = CaptureSource(bytes: bytes)
    source.filter = filter
    source.decoding = options
    try self.init(source)
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
