import Capture
import Streams
import WSDecode

/// How much later one capture has what another has, too: nanoseconds, by the direction in which it travels.
///
/// A packet toward the server is seen later nearer to the server, one toward the client earlier. So the clocks
/// differ by no more than the first show and by no less than the second, whatever time the way takes: as in NTP
/// (RFC 5905 §10), those that were least under way tell most.
struct ClockSamples {
  /// Of what the client sent.
  private(set) var toServer: [Int64] = []
  /// Of what was sent to the client.
  private(set) var toClient: [Int64] = []

  /// The difference between two clocks, and by how much it may be wrong; `nil` if that is not known.
  struct Offset {
    var nanoseconds: Int64
    var uncertainty: Int64?
  }

  mutating func add(_ others: ClockSamples) {
    toServer += others.toServer
    toClient += others.toClient
  }

  /// The same, seen from the other capture.
  var reversed: ClockSamples {
    var other = ClockSamples()
    other.toServer = toServer.map { 0 &- $0 }
    other.toClient = toClient.map { 0 &- $0 }
    return other
  }

  /// Whether the first capture's place is nearer to the client: the way to the server shows a greater difference
  /// than the way back then, as an exchange takes longest there. `nil` if only one direction was seen.
  var isFirstOuter: Bool? {
    guard let there = Self.median(toServer), let back = Self.median(toClient) else { return nil }
    return there >= back
  }

  /// - Parameter isFirstOuter: whether the first capture's place is known to be nearer to the client.
  /// - Returns: by how much the second clock is ahead; `nil` without samples.
  func offset(isFirstOuter: Bool?) -> Offset? {
    guard let isOuter = isFirstOuter ?? self.isFirstOuter else {
      return Self.median(toServer + toClient).map { Offset(nanoseconds: $0, uncertainty: nil) }
    }
    var upper = (isOuter ? toServer : toClient).sorted()[...]
    var lower = (isOuter ? toClient : toServer).sorted()[...]
    drop(&lower, &upper)
    switch (lower.last, upper.first) {
    case (let low?, let high?):
      return Offset(nanoseconds: low / 2 + high / 2, uncertainty: Swift.max(0, (high &- low) / 2))
    case (let low, let high):
      return (low ?? high).map { Offset(nanoseconds: $0, uncertainty: nil) }
    }
  }

  /// Nanoseconds by which bounds may contradict each other: captures order packets that loosely.
  private static let slack: Int64 = 1_000_000

  /// A packet that one capture missed the first time is later there by a whole retransmission timer, and what is not
  /// possible must be such a one: of two bounds that contradict each other the stranger one goes.
  private func drop(_ lower: inout ArraySlice<Int64>, _ upper: inout ArraySlice<Int64>) {
    guard let middle = Self.median(toServer + toClient) else { return }
    while let low = lower.last, let high = upper.first, low &- high > Self.slack {
      if (low &- middle).magnitude > (high &- middle).magnitude {
        if lower.count == 1 { return }
        lower.removeLast()
      } else {
        if upper.count == 1 { return }
        upper.removeFirst()
      }
    }
  }

  private static func median(_ values: [Int64]) -> Int64? {
    values.isEmpty ? nil : values.sorted()[(values.count - 1) / 2]
  }
}

// MARK: What two captures both have

extension ClockSamples {
  private mutating func add(_ a: PacketReference?, _ b: PacketReference?, from side: Side) {
    guard let a, let b else { return }
    let difference = b.time.nanoseconds &- a.time.nanoseconds
    if side == .client { toServer.append(difference) } else { toClient.append(difference) }
  }

  /// Of one leg that both captures saw.
  init(sameLeg a: Leg, _ b: Leg) {
    if a.connection.sawStart, b.connection.sawStart {
      add(a.connection.openedAt, b.connection.openedAt, from: .client)
    }
    add(a.request?.packet, b.request?.packet, from: .client)
    add(a.response?.packet, b.response?.packet, from: .server)
    for (mine, theirs) in [(a.client, b.client), (a.server, b.server)] {
      guard let shift = mine.shift(from: theirs) else { continue }
      addFrames(mine, theirs, shift: shift)
      if let fin = mine.fin, let other = theirs.fin,
        Int64(clamping: other.offset) &+ shift == Int64(clamping: fin.offset)
      {
        add(fin.packet, other.packet, from: mine.side)
      }
    }
  }

  /// Of two hops of one WebSocket: what the proxies between them passed on.
  init(hops a: Leg, _ b: Leg) {
    add(a.request?.packet, b.request?.packet, from: .client)
    if let mine = a.response, let theirs = b.response, mine.status == theirs.status {
      add(mine.packet, theirs.packet, from: .server)
    }
    addFrames(
      a.client, b.client,
      shift: Self.shift(a.request?.endOffset, b.request?.endOffset)
        ?? Self.shift(CommonFrames(a.client.marks, b.client.marks)))
    let alignment = LegAlignment(a, b)
    addFrames(a.server, b.server, shift: Self.shift(alignment?.outer, alignment?.inner))
  }

  private static func shift(_ a: UInt64?, _ b: UInt64?) -> Int64? {
    guard let a, let b else { return nil }
    return Int64(clamping: a) &- Int64(clamping: b)
  }

  private static func shift(_ frames: CommonFrames?) -> Int64? {
    shift(frames?.pair.0.offset, frames?.pair.1.offset)
  }

  /// - Parameter shift: how far the second stream's offsets lie behind; without it no frame is known to be the same.
  private mutating func addFrames(_ a: LegStream, _ b: LegStream, shift: Int64?) {
    guard let shift else { return }
    let theirs = Dictionary(b.marks.all.map { (Int64(clamping: $0.offset) &+ shift, $0) }) { first, _ in first
    }
    for mark in a.marks.all {
      guard let match = theirs[Int64(clamping: mark.offset)], match.digest == mark.digest else { continue }
      add(mark.packet, match.packet, from: a.side)
    }
  }
}
