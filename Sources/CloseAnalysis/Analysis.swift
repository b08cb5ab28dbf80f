import Capture

/// What was read from one capture.
package struct CaptureSummary: Sendable {
  package var source: String
  package var linkType: LinkType
  package var statistics: CaptureStatistics
  /// TCP connections.
  package var flows: UInt64
  /// Where the capture is damaged: what is reported is what came before.
  package var damage: CaptureError?

  package init(
    source: String, linkType: LinkType, statistics: CaptureStatistics, flows: UInt64,
    damage: CaptureError?
  ) {
    self.source = source
    self.linkType = linkType
    self.statistics = statistics
    self.flows = flows
    self.damage = damage
  }
}

/// All that a report tells of.
package struct Analysis: Sendable {
  package var captures: [CaptureSummary] = []
  package var sessions: [Session] = []

  package init() {}

  /// Adds a capture and the sessions among its legs.
  package mutating func add(_ capture: CaptureSummary, legs: [Leg]) {
    captures.append(capture)
    sessions += SessionBuilder.sessions(
      of: legs, capture: captures.count - 1, firstID: sessions.count + 1)
  }

  package func count(_ verdict: Verdict) -> Int { sessions.count { $0.verdict == verdict } }
}
