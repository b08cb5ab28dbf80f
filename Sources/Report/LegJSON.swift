import Capture
import CloseAnalysis
import Streams
import WSDecode

/// Writes the members of legs' JSON objects.
struct LegJSON {
  private let place: PlaceJSON

  init(_ place: PlaceJSON) { self.place = place }

  func write(_ leg: Leg, _ writer: inout JSONWriter) {
    let connection = leg.connection
    writer.field("client", connection.client)
    writer.field("server", connection.server)
    writer.array("captures") { writeCaptures(of: leg, &$0) }
    let interfaces = place.interfaces(of: leg)
    writer.array("interfaces", Self.unique(interfaces.map(\.index))) { $0.field(nil, UInt64($1)) }
    let names = Self.unique(interfaces.compactMap(\.name))
    if !names.isEmpty { writer.array("interfaceNames", names) { $0.field(nil, $1) } }
    if let pod = place.pods(of: leg).first {
      writer.field("pod", pod.name)
      writer.field("namespace", pod.namespace)
    }
    writer.array("observations") { writer in
      for index in leg.observations.indices { write(leg.observations[index], &writer) }
    }
    writer.array("alsoSeenAs", translated(leg)) { $0.field(nil, $1) }
    writer.field("protocol", word: connection.http2Stream == nil ? "http/1.1" : "h2")
    writer.field("http2Stream", connection.http2Stream.map { UInt64($0) })
    writer.field("tunnel", connection.tunnel)
    optional("encapsulation", leg.encapsulation, &writer) { encapsulation, writer in
      writer.field("protocol", encapsulation.kind.rawValue)
      writer.field("id", encapsulation.id.map { UInt64($0) })
      writer.field("from", encapsulation.source?.description)
      writer.field("to", encapsulation.destination?.description)
      writer.field("layers", UInt64(encapsulation.layers))
    }
    if let header = leg.proxied {
      writer.object("proxyHeader") { writer in
        writer.field("version", UInt64(header.version))
        writer.field("source", header.source?.description)
        writer.field("destination", header.destination?.description)
      }
    }
    writer.field("pickedUp", leg.isPickedUp)
    writer.field("encrypted", leg.sealed != nil)
    optional("tls", leg.tls, &writer) { TLSJSON($0, leg.sealed).write(&$1) }
    writer.object("handshake") { writer in
      let (request, response) = (leg.request?.packet, leg.response?.packet)
      writer.field("requestPacket", request?.number)
      place.writeSource("requestCapture", request, &writer)
      writer.field("responsePacket", response?.number)
      place.writeSource("responseCapture", response, &writer)
      writer.field("status", leg.response.map { UInt64($0.status) })
      writer.field("acceptMatches", leg.acceptMatches)
      writer.field("server", leg.response?.server)
      writer.field("deflate", leg.response.map { $0.deflate != nil })
    }
    write(leg.client, as: "fromClient", &writer)
    write(leg.server, as: "fromServer", &writer)
  }

  /// Each file once.
  private func writeCaptures(of leg: Leg, _ writer: inout JSONWriter) {
    let first = leg.observations.first.connection.openedAt
    place.writeSource(nil, first, &writer)
    guard leg.observations.count > 1 else { return }
    var seen: Set<String> = [place.source(first)]
    for packet in leg.observations.map(\.connection.openedAt)
    where seen.insert(place.source(packet)).inserted {
      place.writeSource(nil, packet, &writer)
    }
  }

  private func write(_ observation: LegObservation, _ writer: inout JSONWriter) {
    writer.object { writer in
      place.writeSource("capture", observation.connection.openedAt, &writer)
      writer.field("leg", UInt64(observation.number))
      writer.field("client", observation.connection.client)
      writer.field("server", observation.connection.server)
    }
  }

  private func write(_ stream: borrowing LegStream, as key: StaticString, _ writer: inout JSONWriter) {
    writer.object(key) { writer in
      writer.field("frames", stream.frames)
      writer.field("messages", stream.messages)
      writer.field("payloadBytes", stream.payloadBytes)
      writer.field("gaps", stream.gapCount)
      writer.field("gapBytes", stream.gapBytes)
      writer.field("retransmissions", stream.retransmissions)
      optional("close", stream.close, &writer) { write($0, &$1) }
      writer.field("insideFrame", stream.cut != nil)
      writer.array("ends") { writer in
        if let fin = stream.fin { write(fin, &writer) }
        if let rst = stream.rst { write(rst, &writer) }
      }
    }
  }

  private func write(_ close: SeenClose, _ writer: inout JSONWriter) {
    writer.field("code", close.body.code.map { UInt64($0.rawValue) })
    writer.field("reason", close.body.givenReason)
    writer.field("complete", !close.isCut)
    place.write(close.frame.last, &writer)
    writer.field("acknowledgedPacket", close.acknowledged?.number)
    place.writeSource("acknowledgedCapture", close.acknowledged, &writer)
  }

  private func write(_ end: SeenEnd, _ writer: inout JSONWriter) {
    writer.object { writer in
      writer.field("kind", end.kind.name)
      place.write(end.packet, &writer)
    }
  }

  /// The leg's ends as other observations show them: behind an address translation they are others.
  private func translated(_ leg: Leg) -> [String] {
    guard leg.observations.count > 1 else { return [] }
    let others = leg.observations.map(\.connection).filter {
      $0.client != leg.connection.client || $0.server != leg.connection.server
    }
    return Self.unique(others.map { "\($0.client) → \($0.server)" })
  }

  private static func unique<T: Hashable>(_ values: [T]) -> [T] {
    guard values.count > 1 else { return values }
    var seen: Set<T> = []
    return values.filter { seen.insert($0).inserted }
  }
}
