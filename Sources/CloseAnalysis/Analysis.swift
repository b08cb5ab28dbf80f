import Capture
import Streams
import TCPReassembly
import TLSDecode

/// What was read from one capture.
package struct CaptureSummary: Sendable {
  package var source: String
  /// What the source is called beside the others of a report.
  package var name: String
  package var linkType: LinkType
  package var statistics: CaptureStatistics
  package var reassembly: ReassemblyStatistics
  package var tls: TLSStatistics
  /// Seconds that were added to its times, to have them on the first capture's clock; `nil` if none were.
  package var clockCorrection: Double?
  /// Where the capture is damaged: what is reported is what came before.
  package var damage: CaptureError?

  package init(
    source: String, linkType: LinkType, statistics: CaptureStatistics,
    reassembly: ReassemblyStatistics, tls: TLSStatistics = TLSStatistics(),
    damage: CaptureError?
  ) {
    self.source = source
    name = CaptureNames.shortest(of: [source])[0]
    self.linkType = linkType
    self.statistics = statistics
    self.reassembly = reassembly
    self.tls = tls
    self.damage = damage
  }
}

/// All that a report tells of.
package struct Analysis: Sendable {
  package var captures: [CaptureSummary]
  package var sessions: [Session]

  /// - Parameter legs: of all captures; each tells by index where it was seen.
  package init(captures: [CaptureSummary], legs: [Leg]) {
    let captures = zip(captures, CaptureNames.shortest(of: captures.map(\.source))).map { capture, name in
      var capture = capture
      capture.name = name
      return capture
    }
    let builder = SessionBuilder(legs, captures: captures.count)
    sessions = builder.sessions
    let context = SessionContext(sessions, captures: captures, clocks: builder.clocks)
    for index in sessions.indices {
      sessions[index].findings = FindingCatalogue.findings(in: sessions[index], context)
    }
    self.captures = zip(captures, builder.corrections).map { capture, correction in
      var capture = capture
      if correction != 0 { capture.clockCorrection = Double(correction) / 1e9 }
      return capture
    }
  }

  package func count(_ verdict: Verdict) -> Int { sessions.count { $0.verdict == verdict } }
}
