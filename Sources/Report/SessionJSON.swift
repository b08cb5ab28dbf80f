import Capture
import CloseAnalysis
import Streams
import WSDecode

/// Writes the members of sessions' JSON objects.
struct SessionJSON: Sendable {
  private let place: PlaceJSON
  private let legs: LegJSON

  init(_ place: PlaceJSON) {
    self.place = place
    legs = LegJSON(place)
  }

  func write(_ session: borrowing Session, _ writer: inout JSONWriter) {
    let request = session.request
    writer.field("id", quoted: UInt64(session.id))
    writer.field("key", request?.key)
    let requestID = Self.requestID(of: session.legs)
    let subprotocol = session.client.response?.subprotocol
    optional("request", request, &writer) { request, writer in
      writer.field("target", Redaction.target(request.target))
      writer.field("host", request.host)
      writer.field("userAgent", request.userAgent)
      writer.field("requestID", requestID)
      writer.field("subprotocol", subprotocol)
    }
    // Of several pods that nearest to the server: its proxy is the one that is asked about.
    if let pod = place.lastPod(of: session.legs) {
      writer.field("pod", pod.name)
      writer.field("namespace", pod.namespace)
    }
    writer.field("verdict", session.verdict.rawValue)
    writer.field("reason", session.judgement.reason?.rawValue)
    writer.field("closeBeforeTeardown", session.verdict.closeBeforeTeardown)
    writer.field("answer", session.answer)
    writeCloses(of: session, &writer)
    writeDelivery(of: session, &writer)
    writeTeardown(of: session, &writer)
    writer.array("clientSees", session.clientSees) { writer, outcome in
      writer.object { writer in
        writer.field("client", outcome.client.rawValue)
        writer.field("code", UInt64(outcome.code))
        writer.field("reason", outcome.reason)
        writer.field("wasClean", outcome.wasClean)
        writer.field("because", outcome.because)
      }
    }
    writer.array("findings", session.findings) { write($1, &$0) }
    writer.array("legs", session.legs) { writer, leg in
      writer.object { legs.write(leg, &$0) }
    }
    writer.array("timeline", session.timeline) { write($1, &$0) }
  }

  /// The first that any leg's request has.
  private static func requestID(of legs: [Leg]) -> String? {
    for leg in legs {
      if let id = leg.request?.requestID { return id }
    }
    return nil
  }

  private func writeCloses(of session: borrowing Session, _ writer: inout JSONWriter) {
    optional("close", session.close, &writer) { close, writer in
      writer.field("initiator", word: close.initiator == .server ? "server" : "client")
      write(close.seen.body, &writer)
      place.write(close.seen.frame.last, &writer)
    }
    optional("clientClose", session.clientClose, &writer) { close, writer in
      write(close.body, &writer)
      place.write(close.frame.last, &writer)
    }
  }

  private func writeDelivery(of session: borrowing Session, _ writer: inout JSONWriter) {
    let delivery = session.judgement.delivery
    writer.object("delivery") { writer in
      writer.field("proof", delivery.proof.rawValue)
      if let packet = delivery.packet {
        place.write(packet, &writer)
      } else {
        writer.field("at", word: nil)
        writer.field("packet", nil as UInt64?)
        writer.field("capture", word: nil)
      }
      writer.seconds("latency", delivery.latency)
      writer.object("hop") { writer in
        writer.field("client", session.client.connection.client)
        writer.field("isProxy", session.hop.isProxy)
        writer.field("because", session.hop.because)
      }
      writer.field("inferred", delivery.isInferred)
    }
    optional("forwarding", session.forwarding, &writer) { forwarding, writer in
      writer.field("leg", UInt64(forwarding.leg))
      writer.field("received", forwarding.received)
      writer.field("forwarded", forwarding.forwarded)
      writer.field("dropped", forwarding.dropped)
    }
  }

  private func writeTeardown(of session: borrowing Session, _ writer: inout JSONWriter) {
    optional("teardown", session.teardown, &writer) { teardown, writer in
      writer.field("by", teardown.by.rawValue)
      writer.field("kind", teardown.end.kind.name)
      writer.field("error", teardown.end.kind.errorName)
      place.write(teardown.end.packet, &writer)
      writer.seconds("afterClose", teardown.afterClose)
    }
  }

  private func write(_ body: CloseBody, _ writer: inout JSONWriter) {
    writer.field("code", body.code.map { UInt64($0.rawValue) })
    writer.field("name", body.code?.name)
    writer.field("reason", body.givenReason)
  }

  private func write(_ finding: borrowing Finding, _ writer: inout JSONWriter) {
    writer.object { writer in
      writer.field("rule", finding.rule)
      writer.field("severity", finding.severity.rawValue)
      writer.field("text", finding.text)
      writer.field(
        "remedy",
        finding.remedy.map { remedy in remedy.paste.map { "\(remedy.summary)\n\($0)" } ?? remedy.summary })
      writer.array("packets", finding.packets) { $0.field(nil, $1.number) }
      writer.array("captures", finding.packets) { place.writeSource(nil, $1, &$0) }
    }
  }

  private func write(_ entry: borrowing TimelineEntry, _ writer: inout JSONWriter) {
    writer.object { writer in
      place.write(entry.packet, &writer)
      writer.seconds("offset", entry.offset)
      writer.field("leg", UInt64(entry.leg))
      writer.field("from", word: entry.from == .client ? "client" : "server")
      writer.field("event", entry.event.name)
      writer.field("detail", entry.detail.isEmpty ? nil : entry.detail)
    }
  }
}

/// An object, or `null`.
@inline(__always)
func optional<T>(
  _ key: StaticString, _ value: T?, _ writer: inout JSONWriter,
  _ body: (T, inout JSONWriter) -> Void
) {
  guard let value else { return writer.field(key, word: nil) }
  writer.object(key) { body(value, &$0) }
}

extension CloseBody {
  /// `nil` where there is none, be it that the code stands alone.
  var givenReason: String? { reason.flatMap { $0.isEmpty ? nil : $0 } }
}
