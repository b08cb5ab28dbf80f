import Capture
import Streams
import TCPReassembly
import TLSDecode

/// What was read from one capture.
package struct CaptureSummary: Sendable {
  /// The file, or the files of a capture that was rotated; at least one.
  package var parts: [CapturePart]
  /// What each file is called beside the others of a report.
  package var names: [String]
  package var statistics: CaptureStatistics
  package var reassembly: ReassemblyStatistics
  package var tls: TLSStatistics
  /// Seconds that were added to its times, to have them on the first capture's clock; `nil` if none were.
  package var clockCorrection: Double?

  package init(
    parts: [CapturePart], statistics: CaptureStatistics, reassembly: ReassemblyStatistics,
    tls: TLSStatistics = TLSStatistics()
  ) {
    self.parts = parts
    names = CaptureNames.shortest(of: parts.map(\.source))
    self.statistics = statistics
    self.reassembly = reassembly
    self.tls = tls
  }

  /// The first file.
  package var source: String { parts[0].source }
  package var name: String { names[0] }
  /// Where the capture is damaged first: what is reported is what could be read.
  package var damage: CaptureError? { parts.lazy.compactMap(\.damage).first }

  /// The path of the file that holds a packet.
  package func source(of packet: PacketReference) -> String {
    parts.indices.contains(Int(packet.part)) ? parts[Int(packet.part)].source : source
  }

  /// What the file that holds a packet is called.
  package func name(of packet: PacketReference) -> String {
    names.indices.contains(Int(packet.part)) ? names[Int(packet.part)] : name
  }
}

/// All that a report tells of.
package struct Analysis: Sendable {
  package var captures: [CaptureSummary]
  package var sessions: [Session]

  /// - Parameter legs: of all captures; each tells by index where it was seen.
  package init(captures: [CaptureSummary], legs: [Leg]) {
    let captures = Self.named(captures)
    let builder = SessionBuilder(legs, captures: captures.count)
    sessions = builder.sessions
    var endings = EndingHistory()
    for session in sessions { endings.note(session) }
    let context = SessionContext(endings.common, captures: captures, clocks: builder.clocks)
    let findings = sessions.indices.mapParts(of: Self.partCount) { [sessions] part in
      part.map { FindingCatalogue.findings(in: sessions[$0], context) }
    }
    for (index, findings) in findings.joined().enumerated() { sessions[index].findings = findings }
    self.captures = zip(captures, builder.corrections).map { capture, correction in
      var capture = capture
      if correction != 0 { capture.clockCorrection = Double(correction) / 1e9 }
      return capture
    }
  }

  /// Sessions that one core judges at a time.
  static let partCount = 64

  /// With names that tell all files of all captures apart.
  private static func named(_ captures: [CaptureSummary]) -> [CaptureSummary] {
    var names = CaptureNames.shortest(of: captures.flatMap { $0.parts.map(\.source) })[...]
    return captures.map { capture in
      var capture = capture
      capture.names = Array(names.prefix(capture.parts.count))
      names = names.dropFirst(capture.parts.count)
      return capture
    }
  }

  package func count(_ verdict: Verdict) -> Int { sessions.count { $0.verdict == verdict } }
}
