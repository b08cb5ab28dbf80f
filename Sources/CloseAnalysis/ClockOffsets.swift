import Capture
import Streams

/// By how much the clocks of the machines differ that made the captures, as far as legs tell that two
/// captures both saw.
///
/// A packet toward the server is seen later by the capture nearer to the server, one toward the client
/// earlier: half of the sum of both differences is the clocks', as in NTP (RFC 5905 §8).
struct ClockOffsets {
  /// Nanoseconds to add to the times of each capture, to have them on the first one's clock.
  private(set) var corrections: [Int64]
  /// Below this the clocks are taken for the same: it is what network and kernel may add.
  private static let threshold: Int64 = 5_000_000

  /// - Parameter pairs: legs of different captures that are the same leg.
  init(captures: Int, pairs: [(Leg, Leg)]) {
    corrections = Array(repeating: 0, count: captures)
    var samples: [Link: (client: [Int64], server: [Int64])] = [:]
    for (a, b) in pairs {
      let link = Link(from: a.observations[0].capture, to: b.observations[0].capture)
      samples[link, default: ([], [])].client += Self.differences(a.client, b.client)
      samples[link, default: ([], [])].server += Self.differences(a.server, b.server)
    }
    let offsets = samples.compactMapValues { Self.offset(client: $0.client, server: $0.server) }
    spread(offsets)
  }

  private struct Link: Hashable {
    var from: Int
    var to: Int
  }

  /// From the first capture on, along what was measured.
  private mutating func spread(_ offsets: [Link: Int64]) {
    var isKnown = corrections.indices.map { $0 == 0 }
    var progress = true
    while progress {
      progress = false
      for (link, offset) in offsets.sorted(by: { ($0.key.from, $0.key.to) < ($1.key.from, $1.key.to) })
      where isKnown[link.from] != isKnown[link.to] {
        if isKnown[link.from] {
          corrections[link.to] = corrections[link.from] - offset
        } else {
          corrections[link.from] = corrections[link.to] + offset
        }
        isKnown[link.from] = true
        isKnown[link.to] = true
        progress = true
      }
    }
    for index in corrections.indices where abs(corrections[index]) < Self.threshold {
      corrections[index] = 0
    }
  }

  private static func offset(client: [Int64], server: [Int64]) -> Int64? {
    switch (median(client), median(server)) {
    case (let a?, let b?): a / 2 + b / 2
    case (let a, let b): a ?? b
    }
  }

  private static func median(_ values: [Int64]) -> Int64? {
    values.isEmpty ? nil : values.sorted()[values.count / 2]
  }

  /// How much later the second capture has the same frames and FIN.
  private static func differences(_ a: LegStream, _ b: LegStream) -> [Int64] {
    guard let shift = a.shift(from: b) else { return [] }
    let theirs = Dictionary(b.marks.all.map { (Int64($0.offset) + shift, $0) }) { first, _ in first }
    var result = a.marks.all.compactMap { mark -> Int64? in
      guard let match = theirs[Int64(mark.offset)], match.digest == mark.digest else { return nil }
      return match.packet.time.nanoseconds &- mark.packet.time.nanoseconds
    }
    if let fin = a.fin, let other = b.fin, Int64(other.offset) + shift == Int64(fin.offset) {
      result.append(other.packet.time.nanoseconds &- fin.packet.time.nanoseconds)
    }
    return result
  }
}
