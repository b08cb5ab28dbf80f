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
  private var proxied: StreamEvent?
  private var tls: TLSDescription?
  private var ends: [StreamEvent] = []
  /// FIN and RST of either side.
  private static let maxEnds = 4

  /// Tells where the streams began, and what they are carried in.
  func tellBeginnings(_ body: (StreamEvent) -> Void) {
    if let beginning = client.beginning { body(.began(.client, beginning)) }
    if let beginning = server.beginning { body(.began(.server, beginning)) }
    if let encapsulation { body(.encapsulated(encapsulation)) }
    if let proxied { body(proxied) }
    if let tls { body(.secured(tls)) }
  }

  /// Tells how far was acknowledged, and the ends.
  func tellLate(_ body: (StreamEvent) -> Void) {
    if let (upTo, packet) = client.acknowledged { body(.acknowledged(.client, upTo: upTo, packet)) }
    if let (upTo, packet) = server.acknowledged { body(.acknowledged(.server, upTo: upTo, packet)) }
    for end in ends { body(end) }
  }

  mutating func keep(_ event: StreamEvent) {
    switch event {
    case .began(.client, let sequence): client.beginning = sequence
    case .began(.server, let sequence): server.beginning = sequence
    case .encapsulated(let description): encapsulation = description
    case .proxied: proxied = event
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
