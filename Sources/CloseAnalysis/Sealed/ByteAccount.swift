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
  /// Whether frames are on both legs, and not the times of the handshake alone tell that they belong together.
  package var isRecognised = false
  /// Seconds that the proxy took to pass on the request.
  package var requestDelay: Double

  /// - Parameters:
  ///   - sealed: a leg in front of the proxy.
  ///   - inner: the leg behind it.
  /// - Returns: `nil` if the times exclude that the proxy passed on between the two.
  init?(_ sealed: Leg, _ inner: LegBehind) {
    guard sealed.isNear(inner.connection, inner.captures), let records = sealed.sealed,
      let requestDelay = Self.requestDelay(records.client, inner),
      let first = Self.firstAnswer(records.server, inner)
    else { return nil }
    let (client, server) = (records.client, records.server)
    self.requestDelay = requestDelay
    received = inner.received
    forwarded = 0
    isExact = false
    outcome = .unclear
    clientFits = false
    guard first < server.data.count else { return }
    let toClient = first..<server.data.count
    forwarded = server.contentLength(toClient.dropFirst())
    guard inner.isUnderstood, sealed.canBeCounted(client, server) else { return }
    clientFits = Self.fits(client, from: server.data[first].packet, inner.sent)
    if let record = Self.recordOfClose(server, toClient, inner, sealed) {
      outcome = .complete
      forwarded = received
      isExact = true
      closeRecord = inner.close == nil ? nil : server.data[record]
    } else if server.contentLength(toClient) < inner.close?.end ?? received {
      outcome = .short
      isRecognised = inner.sent > 0
      if let head = Self.indexOfHead(server, toClient, asLongAs: inner.head) {
        countBehind(head, server, inner)
      }
    }
  }

  /// - Parameter head: the record that is as long as the 101.
  private mutating func countBehind(_ head: Int, _ server: SealedRecords, _ inner: LegBehind) {
    let length = server.contentLength(head)
    // Frames that the proxy had by then may be in that record as well, or fields that it added. One that nothing holds up
    // is in no record that comes later.
    let frame = inner.framesCarried(by: server.data[head].packet).last { inner.head + $0.end <= length }
    let shared = frame?.end ?? 0
    forwarded = server.contentLength(head + 1..<server.data.count) + shared
    isExact =
      frame.map { frame in
        server.data.dropFirst(head + 1).first.map {
          $0.packet.time.seconds(since: frame.packet.time) > Self.promptness
        } ?? true
      } ?? true
    if !isRecognised {
      isRecognised = [0, shared].contains { Self.showsFrame(server, behind: head, sharing: $0, inner) }
    }
  }

  /// Whether a record ends with a frame, soon after that had come.
  private static func showsFrame(
    _ records: SealedRecords, behind head: Int, sharing count: UInt64, _ inner: LegBehind
  ) -> Bool {
    let start = records.data[head].contentEnd
    return inner.frames.contains { frame in
      guard frame.end > count else { return false }
      let index = records.index(reaching: start + (frame.end - count))
      guard index < records.data.count, records.data[index].contentEnd == start + (frame.end - count) else {
        return false
      }
      let packet = records.data[index].packet
      return !packet.precedes(frame.packet) && packet.time.seconds(since: frame.packet.time) <= promptness
    }
  }

  // MARK: Times

  /// Seconds that a proxy may take to authorize a request.
  private static let patience = 2.0

  /// Whether the times allow that a proxy passed on between two legs.
  ///
  /// - Parameter isAnswered: whether the answer has been told as well; else only the request is looked at.
  static func mayBeTaken(_ sealed: Leg, _ inner: LegBehind, isAnswered: Bool = true) -> Bool {
    guard sealed.isNear(inner.connection, inner.captures), let records = sealed.sealed,
      requestDelay(records.client, inner) != nil
    else { return false }
    return !isAnswered || firstAnswer(records.server, inner) != nil
  }

  /// Seconds from the upgrade request, the last that the client sent before the proxy asked.
  private static func requestDelay(_ client: SealedRecords, _ inner: LegBehind) -> Double? {
    guard let request = inner.request else { return 0 }
    let asked = client.index(notBefore: request) - 1
    // What is not kept may have come at any time.
    guard asked >= 0 else { return client.forgotten == nil ? nil : 0 }
    let isCut = client.isCut && asked == client.data.count - 1
    guard let last = isCut ? client.last : client.data[asked].packet else { return nil }
    let delay = request.time.seconds(since: last.time)
    guard delay < patience else { return nil }
    return isCut ? 0 : delay
  }

  /// The first record behind the answer; the end of the records if what is not kept may have held it.
  private static func firstAnswer(_ server: SealedRecords, _ inner: LegBehind) -> Int? {
    let first = server.index(notBefore: inner.response)
    guard first < server.data.count else {
      return server.isCut && server.last.map { !$0.precedes(inner.response) } ?? false ? first : nil
    }
    let delay = server.data[first].packet.time.seconds(since: inner.response.time)
    return delay < promptness ? first : nil
  }

  // MARK: Counting

  /// Whether as many bytes came from the client as the proxy passed on to the server.
  private static func fits(_ records: SealedRecords, from answer: PacketReference, _ total: UInt64) -> Bool {
    if total == 0 { return true }
    let end = records.contentStart(records.index(notBefore: answer)) + total
    let last = records.index(reaching: end)
    return last < records.data.count && records.data[last].contentEnd == end
  }

  /// A proxy adds a few fields to a 101: the only record that is so long holds it.
  private static func indexOfHead(
    _ records: SealedRecords, _ range: Range<Int>, asLongAs length: UInt64
  ) -> Int? {
    let found = range.prefix(mostTickets).filter {
      (length...length + mostAddedFields).contains(records.contentLength($0))
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
  /// Seconds in which a proxy passes on an answer, and a frame that nothing holds up.
  private static let promptness = 0.1

  /// The record that ends with the Close frame, or the last one, if exactly the bytes that the proxy received are
  /// in the records.
  private static func recordOfClose(
    _ records: SealedRecords, _ range: Range<Int>, _ inner: LegBehind, _ sealed: Leg
  ) -> Int? {
    let endsWithTwo = records.contentLength(range.upperBound - 1) == alertLength
    let mayHaveAlert = sealed.tls?.version == 0x0304 && endsWithTwo && sealed.firstEnd != nil
    // A Close frame without a body is as long as an alert: then nothing tells them apart.
    let isAmbiguous = mayHaveAlert && inner.close?.byteCount == alertLength
    if !isAmbiguous, let record = recordOfClose(records, range, inner) { return record }
    return mayHaveAlert ? recordOfClose(records, range.dropLast(), inner) : nil
  }

  private static func recordOfClose(
    _ records: SealedRecords, _ range: Range<Int>, _ inner: LegBehind
  ) -> Int? {
    for index in range.prefix(mostTickets) {
      let shared = Shared(records, range, head: index, total: inner.received)
      if let record = shared?.recordOfClose(records, range, inner) { return record }
    }
    return nil
  }

  /// A guess which record holds the 101: the bytes that do not fit behind it came with it.
  private struct Shared {
    let index: Int
    /// Bytes of frames in the record of the 101.
    let count: UInt64

    /// - Returns: `nil` if the lengths exclude it.
    init?(_ records: SealedRecords, _ range: Range<Int>, head index: Int, total: UInt64) {
      let behind = records.contentLength(index + 1..<range.upperBound)
      guard behind <= total, records.contentLength(index) >= ByteAccount.leastHead + (total - behind) else {
        return nil
      }
      self.index = index
      count = total - behind
    }

    func recordOfClose(_ records: SealedRecords, _ range: Range<Int>, _ inner: LegBehind) -> Int? {
      // What came with the 101 are whole frames that the proxy had by then.
      let isWhole =
        count == 0
        || inner.marks.contains { mark in
          mark.end == inner.head + count && mark.packet.precedes(records.data[index].packet)
        }
      guard isWhole else { return nil }
      let last = range.upperBound - 1
      guard let close = inner.close else { return last }
      let end = records.data[index].contentEnd
      let record = close.end <= count ? index : min(records.index(reaching: end + (close.end - count)), last)
      // Nothing is passed on before it came. Where the guess is more than the plain one, the frame has to have a
      // record of its own, at the right moment.
      let packet = records.data[record].packet
      guard !packet.precedes(close.packet) else { return nil }
      if count > 0 || index > range.lowerBound {
        let sum = count + (records.data[record].contentEnd - end)
        guard sum == close.end || sum == count,
          packet.time.seconds(since: close.packet.time) <= ByteAccount.promptness
        else { return nil }
      }
      return record
    }
  }
}

extension ByteAccount {
  /// Whether a leg in front may be that of a leg behind, whatever others it may be in front of: as many bytes are on
  /// both, or it is not known how many have to be.
  static func mayBelong(_ sealed: Leg, to inner: LegBehind) -> Bool {
    ByteAccount(sealed, inner).map { $0.isComplete || !inner.isUnderstood } ?? false
  }

  var isComplete: Bool { outcome == .complete && clientFits }
  var isClearlyShort: Bool { outcome == .short && clientFits && isRecognised }
}

extension Leg {
  /// Whether the lengths of all records are known.
  fileprivate func canBeCounted(_ client: SealedRecords, _ server: SealedRecords) -> Bool {
    !client.isIncomplete && !server.isIncomplete && self.client.gapCount == 0 && self.server.gapCount == 0
      && tls?.applicationProtocol != "h2"
  }
}
