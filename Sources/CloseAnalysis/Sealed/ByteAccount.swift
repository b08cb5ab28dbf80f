import Capture
import Streams
import WSDecode

/// What crossed an encrypted leg, told by counting: a proxy passes on the bytes behind the handshake unchanged, the
/// leg behind it shows how many they are, and records show the length of their content.
///
///     leg behind        101 │◀────────── received ──────────▶│ end
///     encrypted leg   head  │ record │ record │ …  forwarded ▶│ end
package struct ByteAccount: Sendable {
  package enum Outcome: Sendable {
    /// Exactly the bytes that the proxy had received.
    case complete
    /// Fewer than lead to the end of the Close frame, however they are counted.
    case short
    /// Neither: padding, coalescing with the handshake, a protocol in between.
    case unclear
  }
  package var outcome: Outcome
  /// Bytes toward the client behind the handshake that the proxy received.
  package var received: UInt64
  /// Bytes that it sent on; if `short` and the 101 shares its record with frames, at least.
  package var forwarded: UInt64
  /// The record that holds the end of the Close frame, if all were sent on.
  package var closeRecord: SealedRecord?
  /// Whether the bytes from the client fit as well.
  package var clientFits: Bool
  /// Seconds that the proxy took to pass on the request, and the answer.
  package var requestDelay: Double
  package var answerDelay: Double

  /// - Parameters:
  ///   - sealed: a leg in front of the proxy.
  ///   - inner: the leg behind it, its handshake captured.
  /// - Returns: `nil` if the times exclude that the proxy passed on between the two.
  init?(_ sealed: Leg, _ inner: Leg) {
    guard let request = inner.request, let response = inner.response, response.isSwitchingProtocols,
      let records = sealed.sealed
    else { return nil }
    // The upgrade request is the last that the client sent before the proxy asked.
    guard let asked = records.client.all.last(where: { $0.mayBeData && $0.packet.precedes(request.packet) }),
      let head = records.server.all.firstIndex(where: {
        $0.mayBeData && !$0.packet.precedes(response.packet)
      })
    else { return nil }
    let answered = records.server.all[head]
    requestDelay = request.packet.time.seconds(since: asked.packet.time)
    answerDelay = answered.packet.time.seconds(since: response.packet.time)

    let serverTotal = inner.server.dataEnd - min(response.endOffset, inner.server.dataEnd)
    let clientTotal = inner.client.dataEnd - min(request.endOffset, inner.client.dataEnd)
    received = serverTotal
    let toClient = Self.sums(records.server.all.dropFirst(head + 1))
    let toServer = Self.sums(records.client.all.drop { $0.packet.precedes(answered.packet) }[...])
    forwarded = toClient.last ?? 0
    outcome = .unclear
    clientFits = false
    guard sealed.canBeCounted, inner.canBeCounted else { return }
    clientFits = clientTotal == 0 || toServer.contains(clientTotal)
    if isAmbiguous(toClient, inner) { return }
    let closeEnd = inner.server.close.map { $0.frame.range.upperBound - response.endOffset } ?? serverTotal
    let most = forwarded + UInt64(answered.contentLength ?? 0)
    if Self.ends(toClient, with: serverTotal, mayHaveAlert: sealed.tls?.version == 0x0304) {
      forwarded = serverTotal
      outcome = .complete
      let place = toClient.firstIndex { $0 >= closeEnd }
      closeRecord = place.map { Self.data(records.server.all.dropFirst(head + 1))[$0] }
    } else if most < closeEnd {
      outcome = .short
    }
  }

  private static func data(_ records: ArraySlice<SealedRecord>) -> [SealedRecord] {
    records.filter(\.mayBeData)
  }

  /// How many bytes there are up to the end of each record.
  private static func sums(_ records: ArraySlice<SealedRecord>) -> [UInt64] {
    var sum: UInt64 = 0
    return data(records).map { record in
      sum += UInt64(record.contentLength ?? 0)
      return sum
    }
  }

  /// Whether the records carry so many bytes. In TLS 1.3 the last of them may be an alert, of two bytes, that hides
  /// among the data.
  private static func ends(_ sums: [UInt64], with total: UInt64, mayHaveAlert: Bool) -> Bool {
    let last = sums.last ?? 0
    return last == total
      || mayHaveAlert && !sums.isEmpty && last == total + alertLength
        && (sums.dropLast().last ?? 0) == total
  }

  private static let alertLength: UInt64 = 2

  /// Whether the last record may be an alert or the Close frame: one without a body has two bytes as well.
  private func isAmbiguous(_ sums: [UInt64], _ inner: Leg) -> Bool {
    guard let close = inner.server.close, close.frame.range.count == Int(Self.alertLength) else {
      return false
    }
    return sums.last == received
  }
}

extension ByteAccount {
  var isClearlyShort: Bool { outcome == .short && clientFits }
}

extension Leg {
  /// Whether the lengths of all records are known.
  fileprivate var canBeCounted: Bool {
    if let sealed {
      let all = sealed.client.all + sealed.server.all
      return !sealed.client.isIncomplete && !sealed.server.isIncomplete && client.gapCount == 0
        && server.gapCount == 0 && all.allSatisfy { $0.contentLength != nil }
        && tls?.applicationProtocol != "h2"
    }
    return client.isUnderstood && server.isUnderstood
  }
}
