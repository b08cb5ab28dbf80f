import Capture
import Streams

/// What a leg has to be told that is opened after its connection: where the streams began, what they are carried in
/// and what TLS tells of them; and one that is recognised late also how far was acknowledged, and the ends.
struct StreamMemory {
  private struct Stream {
    var beginning: SequenceNumber?
    var acknowledged: (upTo: UInt64, packet: PacketReference)?
  }
  private var client = Stream()
  private var server = Stream()
  private var encapsulation: Encapsulation?
  private var tls: TLSDescription?
  private var ends: [StreamEvent] = []
  /// FIN and RST of either side.
  private static let maxEnds = 4

  var beginnings: [StreamEvent] {
    [
      client.beginning.map { .began(.client, $0) }, server.beginning.map { .began(.server, $0) },
      encapsulation.map { .encapsulated($0) }, tls.map { .secured($0) },
    ].compactMap { $0 }
  }

  var late: [StreamEvent] {
    [
      client.acknowledged.map { .acknowledged(.client, upTo: $0.upTo, $0.packet) },
      server.acknowledged.map { .acknowledged(.server, upTo: $0.upTo, $0.packet) },
    ].compactMap { $0 } + ends
  }

  mutating func keep(_ event: StreamEvent) {
    switch event {
    case .began(.client, let sequence): client.beginning = sequence
    case .began(.server, let sequence): server.beginning = sequence
    case .encapsulated(let description): encapsulation = description
    case .secured(let description): tls = description
    case .acknowledged(.client, let upTo, let packet): client.acknowledged = (upTo, packet)
    case .acknowledged(.server, let upTo, let packet): server.acknowledged = (upTo, packet)
    case .ended where ends.count < Self.maxEnds: ends.append(event)
    default: break
    }
  }

  var flipped: StreamMemory {
    var other = self
    (other.client, other.server) = (server, client)
    other.ends = ends.map(\.flipped)
    return other
  }
}
