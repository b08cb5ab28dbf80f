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
  /// Bytes that it sent on, or an upper bound.
  package var forwarded: UInt64
  /// Whether `forwarded` is the number: it is known which record holds the 101.
  package var isExact: Bool
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
      let first = records.server.all.firstIndex(where: {
        $0.mayBeData && !$0.packet.precedes(response.packet)
      })
    else { return nil }
    let toClient = records.server.all[first...].filter(\.mayBeData)
    requestDelay = request.packet.time.seconds(since: asked.packet.time)
    answerDelay = toClient[0].packet.time.seconds(since: response.packet.time)
    received = inner.server.dataEnd - min(response.endOffset, inner.server.dataEnd)
    forwarded = Self.sum(toClient.dropFirst())
    isExact = false
    outcome = .unclear
    clientFits = false
    guard sealed.canBeCounted, inner.canBeCounted else { return }
    clientFits = Self.fits(records.client, from: toClient[0].packet, inner, request.endOffset)
    let close = inner.server.close.map {
      CarriedClose($0, behind: response.endOffset)
    }
    if let record = Self.recordOfClose(toClient, inner, response.endOffset, received, close, sealed) {
      outcome = .complete
      forwarded = received
      isExact = true
      closeRecord = close == nil ? nil : record
    } else if Self.sum(toClient[...]) < close?.end ?? received {
      outcome = .short
      if let head = Self.indexOfHead(toClient, asLongAs: response.endOffset) {
        forwarded = Self.sum(toClient[(head + 1)...])
        isExact = true
      }
    }
  }

  /// The server's Close frame among the bytes behind the handshake.
  private struct CarriedClose {
    var end: UInt64
    var byteCount: UInt64
    var packet: PacketReference

    init(_ close: SeenClose, behind head: UInt64) {
      end = close.frame.range.upperBound - min(head, close.frame.range.upperBound)
      byteCount = close.frame.range.upperBound - close.frame.range.lowerBound
      packet = close.frame.last
    }
  }

  private static func sum(_ records: ArraySlice<SealedRecord>) -> UInt64 {
    records.reduce(0) { $0 + UInt64($1.contentLength ?? 0) }
  }

  /// Whether as many bytes came from the client as the proxy passed on to the server.
  private static func fits(
    _ records: SealedRecords, from answer: PacketReference, _ inner: Leg, _ head: UInt64
  ) -> Bool {
    let total = inner.client.dataEnd - min(head, inner.client.dataEnd)
    var sum: UInt64 = 0
    if total == 0 { return true }
    for record in records.all where record.mayBeData && !record.packet.precedes(answer) {
      sum += UInt64(record.contentLength ?? 0)
      if sum >= total { return sum == total }
    }
    return false
  }

  /// A proxy adds a few fields to a 101: the only record that is so long holds it.
  private static func indexOfHead(_ records: [SealedRecord], asLongAs length: UInt64) -> Int? {
    let found = records.indices.prefix(mostTickets).filter {
      (length...length + mostAddedFields).contains(UInt64(records[$0].contentLength ?? 0))
    }
    return found.count == 1 ? found[0] : nil
  }

  private static let mostAddedFields: UInt64 = 128

  // MARK: Matching records and bytes

  /// An alert of TLS 1.3 hides among the data, with two bytes: close_notify, the last record.
  private static let alertLength: UInt64 = 2
  /// No 101 is shorter.
  private static let leastHead: UInt64 = 60
  /// Records in front of the 101: tickets for resumption.
  private static let mostTickets = 4
  /// Seconds in which a proxy passes on a frame that nothing holds up.
  private static let promptness = 0.1

  /// The record that ends with the Close frame, or the last one, if exactly the bytes that the proxy received are
  /// in the records.
  private static func recordOfClose(
    _ records: [SealedRecord], _ inner: Leg, _ head: UInt64, _ total: UInt64, _ close: CarriedClose?,
    _ sealed: Leg
  ) -> SealedRecord? {
    let endsWithTwo = records.last.map { UInt64($0.contentLength ?? 0) == alertLength } ?? false
    let mayHaveAlert = sealed.tls?.version == 0x0304 && endsWithTwo && sealed.firstEnd != nil
    // A Close frame without a body is as long as an alert: then nothing tells them apart.
    let isAmbiguous = mayHaveAlert && close?.byteCount == alertLength
    let lists = [isAmbiguous ? nil : records[...], mayHaveAlert ? records.dropLast() : nil].compactMap { $0 }
    for list in lists {
      for index in list.indices.prefix(mostTickets) {
        let shared = Shared(list, head: index, total: total)
        if let shared, let record = shared.recordOfClose(list, inner, head, close) { return record }
      }
    }
    return nil
  }

  /// A guess which record holds the 101: the bytes that do not fit behind it came with it.
  private struct Shared {
    let index: Int
    /// Bytes of frames in the record of the 101.
    let count: UInt64

    /// - Returns: `nil` if the lengths exclude it.
    init?(_ records: ArraySlice<SealedRecord>, head index: Int, total: UInt64) {
      let behind = ByteAccount.sum(records[(index + 1)...])
      let length = UInt64(records[index].contentLength ?? 0)
      guard behind <= total, length >= ByteAccount.leastHead + (total - behind) else { return nil }
      self.index = index
      count = total - behind
    }

    func recordOfClose(
      _ records: ArraySlice<SealedRecord>, _ inner: Leg, _ head: UInt64, _ close: CarriedClose?
    ) -> SealedRecord? {
      // What came with the 101 are whole frames that the proxy had by then.
      let isWhole =
        count == 0
        || inner.server.marks.all.contains { mark in
          mark.end == head + count && mark.packet.precedes(records[index].packet)
        }
      guard isWhole else { return nil }
      guard let close else { return records.last }
      var sum = count
      var record = records[index]
      for next in records[(index + 1)...] where sum < close.end {
        sum += UInt64(next.contentLength ?? 0)
        record = next
      }
      // Nothing is passed on before it came. Where the guess is more than the plain one, the frame has to have a
      // record of its own, at the right moment.
      let delay = record.packet.time.seconds(since: close.packet.time)
      guard !record.packet.precedes(close.packet) else { return nil }
      if count > 0 || index > records.startIndex {
        guard sum == close.end || sum == count, delay <= ByteAccount.promptness else { return nil }
      }
      return record
    }
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
