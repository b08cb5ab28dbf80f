import Capture

/// The sessions that one address ended without a Close frame, and how many it had at any time.
struct PlaceEndings {
  struct Ending {
    var session: Int
    var time: Timestamp
    /// Seconds in which nothing had been sent before; `nil` if unknown.
    var silence: Double?
  }

  /// In the order of time once sorted.
  private(set) var endings: [Ending] = []
  private var begins: [Timestamp] = []
  private var ends: [Timestamp] = []

  /// - Parameter forgets: whether what has become history by then is forgotten.
  mutating func note(from begin: Timestamp, to end: Timestamp?, forgets: Bool = false) {
    begins.append(begin)
    if let end { ends.append(end) }
    if forgets { forget(before: end ?? begin) }
  }

  mutating func note(_ ending: Ending) { endings.append(ending) }

  var hasEndings: Bool { !endings.isEmpty }

  /// Whether there are enough endings for anything to be told of them.
  var mayHaveCommonEndings: Bool { endings.count >= EqualSilence.minCount }

  /// Puts it in the order of time, what is counted only where that is asked for. To sort again what was sorted before, and
  /// has grown a little, costs little.
  mutating func sort() {
    endings.sort { ($0.time, $0.session) < ($1.time, $1.session) }
    guard EndingBurst.mayBe(in: self) else { return }
    begins.sort()
    ends.sort()
  }

  // MARK: Limits, for a capture that goes on

  /// Seconds after which an end is history: only how silent it was still counts.
  static let memory = 60.0
  /// So many of these are kept.
  private static let maxHistory = 256

  /// How many ends there have to be before it is worth looking at them again.
  private var nextLook = 2 * maxHistory

  /// Whether all that the address had is over for so long that it tells nothing any more.
  func isHistory(at now: Timestamp) -> Bool {
    endings.isEmpty && begins.count == ends.count && ends.allSatisfy { now.seconds(since: $0) > Self.memory }
  }

  /// Forgets ends that are history, and with each of them a beginning: what is open stays counted.
  private mutating func forget(before now: Timestamp) {
    guard max(begins.count, endings.count) >= nextLook else { return }
    ends.sort()
    begins.sort()
    let old = ends.prefix { now.seconds(since: $0) > Self.memory }.count
    ends.removeFirst(old)
    begins.removeFirst(min(old, begins.count))
    endings.sort { ($0.time, $0.session) < ($1.time, $1.session) }
    let past = endings.prefix { now.seconds(since: $0.time) > Self.memory }.count
    endings.removeFirst(max(0, past - Self.maxHistory))
    nextLook = max(Self.maxHistory, begins.count, endings.count) * 2
  }

  /// How many sessions the address had just before a moment.
  func openCount(before time: Timestamp) -> Int {
    Self.count(begins, before: time) - Self.count(ends, before: time)
  }

  private static func count(_ times: [Timestamp], before time: Timestamp) -> Int {
    times.indices.partitionPoint { times[$0] >= time }
  }
}

/// Sessions that one address ended without a Close frame at almost the same moment.
struct EndingBurst {
  var sessions: [Int]
  /// Seconds from the first end to the last.
  var span: Double
  /// Seconds of silence that all had in common before, within 1 %; `nil` if they had not.
  var silence: Double?

  private static let window = 0.1
  private static let minCount = 5
  /// What takes longer is a busy place, where some end at any time.
  private static let maxSpan = 1.0
  /// Of the sessions that the place had, this part at least; a process that ends takes all with it.
  private static let minPart = 3

  /// Whether enough sessions ended at once.
  static func mayBe(in place: PlaceEndings) -> Bool { !runs(in: place.endings).isEmpty }

  static func all(in place: PlaceEndings) -> [EndingBurst] {
    runs(in: place.endings).compactMap { EndingBurst(place.endings[$0], of: place) }
  }

  private static func runs(in endings: [PlaceEndings.Ending]) -> [Range<Int>] {
    denseRuns(in: endings).filter { span(of: endings[$0]) <= maxSpan }
  }

  private static func span(of run: ArraySlice<PlaceEndings.Ending>) -> Double {
    guard let first = run.first, let last = run.last else { return 0 }
    return last.time.seconds(since: first.time)
  }

  /// A session belongs to a burst if any 100 ms that it lies in hold five or more ends; overlapping ones are one
  /// burst.
  private static func denseRuns(in endings: [PlaceEndings.Ending]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var end = 0
    for start in endings.indices {
      while end < endings.count, endings[end].time.seconds(since: endings[start].time) <= window { end += 1 }
      guard end - start >= minCount else { continue }
      if let last = runs.last, start < last.upperBound {
        runs[runs.count - 1] = last.lowerBound..<end
      } else {
        runs.append(start..<end)
      }
    }
    return runs
  }

  private init?(_ run: ArraySlice<PlaceEndings.Ending>, of place: PlaceEndings) {
    guard let first = run.first, run.count * Self.minPart >= place.openCount(before: first.time) else {
      return nil
    }
    span = Self.span(of: run)
    sessions = run.map(\.session)
    let silences = run.compactMap(\.silence)
    if silences.count == run.count, let low = silences.min(), let high = silences.max(),
      low >= EqualSilence.minSeconds, high <= low * EqualSilence.spread
    {
      silence = low
    }
  }
}

/// Sessions that one address ended without a Close frame at different moments after equal silence.
struct EqualSilence {
  var sessions: [Int]
  var range: ClosedRange<Double>

  static let minSeconds = 1.0
  /// ±1 %.
  static let spread = 1.02
  static let minCount = 3
  /// Seconds between the ends, without which one event may have ended all.
  private static let minSpan = 1.0

  /// Only if most of what the place ended has it: among many sessions some are alike by chance.
  init?(_ place: PlaceEndings) {
    let silent = place.endings.compactMap { ending in
      ending.silence.flatMap { $0 >= Self.minSeconds ? (seconds: $0, ending: ending) : nil }
    }.sorted { $0.seconds < $1.seconds }
    var best = 0..<0
    var end = 0
    for start in silent.indices {
      while end < silent.count, silent[end].seconds <= silent[start].seconds * Self.spread { end += 1 }
      if end - start > best.count { best = start..<end }
    }
    let times = silent[best].map(\.ending.time)
    guard best.count >= Self.minCount, best.count * 2 >= place.endings.count,
      let first = times.min(), let last = times.max(), last.seconds(since: first) >= Self.minSpan
    else { return nil }
    sessions = silent[best].map(\.ending.session)
    range = silent[best.lowerBound].seconds...silent[best.upperBound - 1].seconds
  }
}
