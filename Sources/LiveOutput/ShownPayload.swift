import Capture
import CloseAnalysis
import Streams

/// What an evidence file shows of the payload of a leg's packets unless all of it was asked for: the handshake without
/// what may be secret, the headers of frames where they are known, and the Close frames. Messages are not among it.
struct ShownPayload {
  private let leg: Leg
  private let connection: Connection

  init(_ leg: Leg, _ connection: Connection) {
    self.leg = leg
    self.connection = connection
  }

  /// Ranges of the packet's payload, as far as they are known.
  func ranges(in packet: KeptPacket.Facts) -> [Range<Int>] {
    let count = packet.payload.count
    guard count > 0 else { return [] }
    let isClient = packet.source == connection.client
    let stream = isClient ? leg.client : leg.server
    // What is encrypted may be seen; the beginning tells the record's type and length.
    if leg.tls != nil || leg.sealed != nil {
      let isClose = stream.close?.frame.last.number == packet.packet.number
      return [0..<(isClose ? count : min(count, PacketRing.headBytes))]
    }
    guard connection.http2Stream == nil, connection.tunnel == nil, let base = stream.base else {
      return Self.ending(packet, with: stream)
    }
    let offset = Self.offset(of: packet.sequence, base, near: stream.sentEnd)
    let handshakeEnd = (isClient ? leg.request?.endOffset : leg.response?.endOffset) ?? 0
    var shown = stream.marks.all.map { mark in mark.offset..<mark.end - mark.payloadLength }
    if let close = stream.close?.frame { shown.append(close.range) }
    var ranges = shown.compactMap { Self.part($0, from: offset, count) }
    if packet.httpHead > 0, offset < handshakeEnd { ranges.append(0..<min(packet.httpHead, count)) }
    return ranges
  }

  /// Of streams whose places in the packets are not known: the last bytes of the packet that completed the Close frame.
  private static func ending(_ packet: KeptPacket.Facts, with stream: LegStream) -> [Range<Int>] {
    guard let frame = stream.close?.frame, frame.last.number == packet.packet.number else { return [] }
    let length = Int(clamping: frame.range.upperBound - frame.range.lowerBound)
    return [max(0, packet.payload.count - length)..<packet.payload.count]
  }

  /// Sequence numbers wrap: the place nearest to a known one.
  private static func offset(
    of sequence: SequenceNumber, _ base: SequenceNumber, near known: UInt64
  ) -> UInt64 {
    let there = base + UInt32(truncatingIfNeeded: known)
    return known &+ UInt64(bitPattern: Int64(sequence.distance(from: there)))
  }

  /// The part of a stream's range that a packet holds.
  private static func part(_ range: Range<UInt64>, from offset: UInt64, _ count: Int) -> Range<Int>? {
    let start = Int64(bitPattern: range.lowerBound &- offset)
    let end = Int64(bitPattern: range.upperBound &- offset)
    let (low, high) = (max(start, 0), min(end, Int64(count)))
    return low < high ? Int(low)..<Int(high) : nil
  }
}

extension KeptPacket {
  /// The frame as far as payload is shown and was kept. Payload in between that is not shown is zeros.
  ///
  /// - Returns: with it, how many payload bytes were made zeros.
  func frame(showing ranges: [Range<Int>]) -> (facts: Facts, frame: [UInt8], hidden: Int) {
    let start = min(facts.payload.lowerBound, head.count)
    let kept = [start..<head.count, facts.payload.upperBound - tail.count..<facts.payload.upperBound]
    let parts = ranges.flatMap { range in
      kept.map { (range.lowerBound + start..<range.upperBound + start).clamped(to: $0) }
    }.filter { !$0.isEmpty }
    let end = parts.map(\.upperBound).max() ?? start
    var frame = head[..<start] + [UInt8](repeating: 0, count: end - start)
    var shown = [Bool](repeating: false, count: end - start)
    for part in parts {
      for index in part {
        frame[index] = index < head.count ? head[index] : tail[index - kept[1].lowerBound]
        shown[index - start] = true
      }
    }
    return (facts, Array(frame), shown.count { !$0 })
  }
}
