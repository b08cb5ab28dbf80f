import Capture
import TCPReassembly
import WSDecode

/// What only all sessions of a report together show; computed once, in n log n time.
struct SessionContext {
  /// Sessions that one address ended without a Close frame at almost the same moment.
  struct Burst {
    var count: Int
    /// Seconds from the first end to the last.
    var span: Double
    /// Seconds of silence that all had in common before, within 1 %; `nil` if they had not.
    var silence: Double?
  }

  /// Sessions that one address ended without a Close frame at different moments after equal silence.
  struct EqualSilence {
    var count: Int
    var range: ClosedRange<Double>
  }

  private var bursts: [Int: Burst] = [:]
  private var silences: [Int: EqualSilence] = [:]
  private let captureNames: [String]

  init(_ sessions: [Session], captures: [CaptureSummary]) {
    captureNames = captures.count > 1 ? captures.map(\.name) : []
    var groups: [Place: [Ending]] = [:]
    for session in sessions {
      guard let origin = session.endedWithoutClose else { continue }
      let label = session.label(origin.party)
      // A client that goes is nothing that clients have in common.
      guard label.isProxy || origin.party != .client else { continue }
      groups[Place(address: label.address, isClientSide: origin.party == .client), default: []].append(
        Ending(
          session: session.id, time: origin.end.packet.time,
          silence: Silence(session, until: origin.end)?.seconds))
    }
    for endings in groups.values {
      findBursts(endings.sorted { ($0.time, $0.session) < ($1.time, $1.session) })
      findSilences(endings)
    }
  }

  func burst(of session: Session) -> Burst? { bursts[session.id] }
  func equalSilence(of session: Session) -> EqualSilence? { silences[session.id] }

  /// `packet 144`, with its capture where there are several.
  func place(_ packet: PacketReference) -> String {
    let index = Int(packet.capture)
    return captureNames.indices.contains(index)
      ? "\(captureNames[index]) packet \(packet.number)" : Wording.packet(packet)
  }

  private struct Place: Hashable {
    var address: IPAddress
    var isClientSide: Bool
  }

  private struct Ending {
    var session: Int
    var time: Timestamp
    var silence: Double?
  }

  // MARK: Bursts

  private static let burstSpan = 0.1
  private static let minBurst = 5

  /// Sessions belong to a burst if any 100 ms that they lie in hold five or more ends; overlapping ones are
  /// one burst.
  private mutating func findBursts(_ endings: [Ending]) {
    var run: Range<Int>?
    var end = 0
    for start in endings.indices {
      while end < endings.count,
        endings[end].time.seconds(since: endings[start].time) <= Self.burstSpan
      {
        end += 1
      }
      guard end - start >= Self.minBurst else { continue }
      if let current = run, start < current.upperBound {
        run = current.lowerBound..<end
      } else {
        if let run { note(endings[run]) }
        run = start..<end
      }
    }
    if let run { note(endings[run]) }
  }

  private mutating func note(_ burst: ArraySlice<Ending>) {
    guard let first = burst.first, let last = burst.last else { return }
    let silences = burst.compactMap(\.silence)
    var common: Double?
    if silences.count == burst.count, let low = silences.min(), let high = silences.max(),
      low >= Self.minSilence, high <= low * Self.equal
    {
      common = low
    }
    let result = Burst(
      count: burst.count, span: last.time.seconds(since: first.time), silence: common)
    for ending in burst { bursts[ending.session] = result }
  }

  // MARK: Equal silence

  private static let minSilence = 1.0
  private static let minEqual = 3
  /// ±1 %.
  private static let equal = 1.02
  /// Seconds between the ends, without which one event may have ended all.
  private static let minSpread = 1.0

  /// Only if most of what the place ended has it: among many sessions some are alike by chance.
  private mutating func findSilences(_ endings: [Ending]) {
    let silent = endings.compactMap { ending in
      ending.silence.flatMap { $0 >= Self.minSilence ? (silence: $0, ending: ending) : nil }
    }.sorted { $0.silence < $1.silence }
    var best = 0..<0
    var end = 0
    for start in silent.indices {
      while end < silent.count, silent[end].silence <= silent[start].silence * Self.equal { end += 1 }
      if end - start > best.count { best = start..<end }
    }
    let times = silent[best].map(\.ending.time)
    guard best.count >= Self.minEqual, best.count * 2 >= endings.count,
      let first = times.min(), let last = times.max(), last.seconds(since: first) >= Self.minSpread
    else { return }
    let range = silent[best.lowerBound].silence...silent[best.upperBound - 1].silence
    for item in silent[best] {
      silences[item.ending.session] = EqualSilence(count: best.count, range: range)
    }
  }
}
