import Capture
import Streams

/// What is known of a TCP connection, to be told of each stream that it carries.
struct Carrier {
  private(set) var connection: Connection
  private var began = Sides<SequenceNumber?>(client: nil, server: nil)
  private var encapsulation: Encapsulation?
  private var proxied: StreamEvent?
  private var secured: TLSDescription?

  init(_ connection: Connection) { self.connection = connection }

  mutating func note(_ event: StreamEvent) {
    switch event {
    case .began(let side, let sequence): began[side] = sequence
    case .encapsulated(let encapsulation): self.encapsulation = encapsulation
    case .proxied: proxied = event
    case .secured(let description): secured = description
    default: break
    }
  }

  /// The same, with the sides exchanged.
  var flipped: Carrier {
    var other = self
    other.connection = connection.flipped
    other.began = Sides(client: began.server, server: began.client)
    return other
  }

  /// What a stream has to be told in the beginning.
  var beginnings: [StreamEvent] {
    var events: [StreamEvent] = []
    if let client = began.client { events.append(.began(.client, client)) }
    if let server = began.server { events.append(.began(.server, server)) }
    if let encapsulation { events.append(.encapsulated(encapsulation)) }
    if let proxied { events.append(proxied) }
    if let secured { events.append(.secured(secured)) }
    return events
  }
}
