/// A capture that is made of clones of recorded sessions.
package struct Load {
  private let patterns: [Pattern]
  private let size: LoadSize
  private let disorder: Disorder
  private let seed: UInt64
  /// WebSockets and downloads.
  private let count: Int
  /// Whether the last pattern is that of a download.
  private let hasDownloads: Bool

  /// - Parameters:
  ///   - samples: the folder of the recordings.
  ///   - seed: the same seed makes the same capture.
  /// - Throws: a `CaptureError` or `SampleError`, if a recording cannot be used.
  package init(
    _ kind: LoadKind, size: LoadSize, disorder: Disorder = Disorder(), samples: String, seed: UInt64 = 1
  ) throws {
    self.size = size
    self.disorder = disorder
    self.seed = seed
    var patterns = try kind.webSockets.map { sample in
      let session = try RecordedSession.webSocket(in: sample, folder: samples)
      return kind == .messages
        ? try Self.long(
          session.packed(LoadKind.messagesPerPacket), frames: size.frames / max(size.sessions, 1))
        : try Pattern(session)
    }
    hasDownloads = kind == .mix
    let legs = patterns[0].legs
    count = hasDownloads ? size.sessions + max(size.flows - size.sessions * legs, 0) : size.sessions
    if hasDownloads {
      patterns.append(try Pattern(.connection(in: LoadKind.download, folder: samples)))
    }
    self.patterns = patterns
  }

  private static func long(_ session: RecordedSession, frames: Int) throws(SampleError) -> Pattern {
    let once = try Pattern(session)
    let round = try Round(of: session).frames.reduce(0, +)
    return try Pattern(session, rounds: max(1 + (frames - once.frames) / max(round, 1), 1))
  }

  /// Writes the capture.
  ///
  /// - Parameter output: gets it in pieces.
  package func write(to output: @escaping ([UInt8]) throws -> Void) throws -> LoadSummary {
    var summary = LoadSummary()
    var writer = PcapWriter(output)
    var open = OpenClones(first: try opening(&summary))
    var started = open.count
    while let (slot, time) = open.first {
      try writer.write(at: time) { open.append(slot, of: patterns, to: &$0) }
      if open.advance(slot, patterns) { continue }
      summary.lost += open[slot].departures.lost
      summary.reordered += open[slot].departures.reordered
      guard started < count else {
        open.end()
        continue
      }
      // The next one takes its place, within a millisecond.
      let pause = Int64(SplitMix64.mix(seed &+ UInt64(started)) % 1_000_000)
      open.replace(slot, try clone(started, at: time + pause, &summary))
      started += 1
    }
    try writer.finish()
    summary.packets = writer.packets
    summary.bytes = writer.bytes
    return summary
  }

  /// The first clones begin within the time that the shortest takes, so that they are open together.
  private func opening(_ summary: inout LoadSummary) throws -> [OpenClones.Slot] {
    let shortest = patterns.map(\.duration).min() ?? 0
    let first = min(max(size.concurrent, 1), count)
    return try (0..<first).map { number in
      let start = patterns[0].beginning + shortest * Int64(number) / Int64(first)
      return try clone(number, at: start, &summary)
    }
  }

  private func clone(_ number: Int, at start: Int64, _ summary: inout LoadSummary) throws -> OpenClones.Slot {
    let before = number * size.sessions / count
    let isDownload = hasDownloads && (number + 1) * size.sessions / count == before
    let webSockets = patterns.count - (hasDownloads ? 1 : 0)
    let pattern = isDownload ? patterns.count - 1 : (hasDownloads ? before : number) % webSockets
    summary.add(patterns[pattern], isWebSocket: !isDownload)
    return OpenClones.Slot(
      clone: Clone(number, of: pattern, patterns, start: start, seed: seed),
      departures: Departures(patterns[pattern], disorder, seed: seed ^ UInt64(number) << 20))
  }
}

/// What a capture holds.
package struct LoadSummary: Codable, Equatable, Sendable {
  package var packets = 0
  package var bytes = 0
  /// TCP connections.
  package var flows = 0
  /// WebSockets, with all their legs.
  package var sessions = 0
  /// WebSocket frames of all legs, before any was lost.
  package var frames = 0
  /// Packets that were left out.
  package var lost = 0
  /// Packets that come behind later ones.
  package var reordered = 0
  /// WebSockets by the recording that they are clones of.
  package var samples: [String: Int] = [:]

  mutating func add(_ pattern: Pattern, isWebSocket: Bool) {
    flows += pattern.legs
    frames += pattern.frames
    guard isWebSocket else { return }
    sessions += 1
    samples[pattern.sample, default: 0] += 1
  }
}
