import Capture
import CloseAnalysis
import Streams
import TLSDecode
import WSDecode

/// The report for people: a block for each session, the answer first.
package struct TextReport: Sendable {
  private let analysis: Analysis
  private let sessions: [Session]
  private let style: TextStyle

  /// - Parameter sessions: those of the analysis that are wanted.
  package init(_ analysis: Analysis, sessions: [Session], style: TextStyle) {
    self.analysis = analysis
    self.sessions = sessions
    self.style = style
  }

  /// Writes it piece by piece.
  ///
  /// - Parameter write: gets each.
  package func write(_ write: (Span<UInt8>) -> Void) {
    SessionPieces.write(
      sessions,
      { session, lines in
        self.write(session, to: &lines)
        lines.append("\n")
      }, write)
    var lines = TextBuffer()
    if writeRemedies(to: &lines) { lines.append("\n") }
    writeSummary(to: &lines)
    lines.withSpan(write)
  }

  package var text: String {
    var text = TextBuffer()
    write { text.append($0) }
    return String(decoding: text.takeBytes(), as: UTF8.self)
  }

  // MARK: One session

  private func write(_ session: Session, to lines: inout TextBuffer) {
    Headline(session: session, style: style).write(to: &lines)
    lines.append("\n")
    WrappedText().write(Escape.terminal(session.answer).utf8.span, to: &lines)
    Ladder(session, captures: analysis.captures).write(style, to: &lines)
    for leg in session.legs {
      if let encapsulation = leg.encapsulation { write(leg, "inside \(encapsulation)", to: &lines) }
    }
    for leg in session.legs {
      if let header = leg.proxied { write(leg, Self.text(header), to: &lines) }
    }
    for leg in session.legs {
      if let tls = leg.tls { write(leg, Self.text(tls), to: &lines) }
    }
    writeOutcomes(of: session, to: &lines)
    for finding in session.findings { write(finding, to: &lines) }
    if let remedy = session.findings.lazy.compactMap(\.remedy).first {
      let pointer = remedy.paste == nil ? "" : " (text to paste below)"
      let text = remedy.summary + pointer + "."
      WrappedText(label: "Fix: ", shown: style.bold("Fix:") + " ").write(text.utf8.span, to: &lines)
    }
  }

  private func write(_ finding: Finding, to lines: inout TextBuffer) {
    var text = TextBuffer()
    text.append(finding.rule)
    text.append(": ")
    text.append(Escape.terminal(finding.text))
    let label = WrappedText(
      label: finding.severity.rawValue + "  ", shown: style.severity(finding.severity) + "  ")
    text.withSpan { label.write($0, to: &lines) }
  }

  /// `proxied for 203.0.113.7:51234 → 192.0.2.1:443 (PROXY, version 2)`
  private static func text(_ header: PROXYHeader) -> String {
    let ends = [header.source, header.destination].compactMap { $0?.description }.joined(separator: " → ")
    let client = ends.isEmpty ? "a client that is not named" : ends
    return (header.isLocal ? "the proxy's own" : "proxied for \(client)")
      + " (PROXY, version \(header.version))"
  }

  /// `10.0.0.1:4711 → 10.0.0.2:80 is ...`
  private func write(_ leg: Leg, _ text: String, to lines: inout TextBuffer) {
    lines.append("  ")
    lines.append(leg.connection.client)
    lines.append(" → ")
    lines.append(leg.connection.server)
    lines.append(" is ")
    lines.append(text)
    lines.append("\n")
  }

  /// `TLS 1.3, TLS_AES_128_GCM_SHA256, for chat.example, carries h2; opened`
  private static func text(_ tls: TLSDescription) -> String {
    var parts = ["TLS" + (tls.version.map { " \(TLSText.version($0))" } ?? "")]
    if let suite = tls.cipherSuite { parts.append(CipherSuite(rawValue: suite).name) }
    if let name = tls.serverName { parts.append("for \(Escape.terminal(name))") }
    if let name = tls.applicationProtocol { parts.append("carries \(Escape.terminal(name))") }
    return parts.joined(separator: ", ") + "; \(TLSText.access(tls.access))"
  }

  /// Outcomes that are equal are said once.
  private func writeOutcomes(of session: Session, to lines: inout TextBuffer) {
    var groups: [(outcome: ClientOutcome, reason: String, programs: [String])] = []
    for outcome in session.clientSees {
      let (reason, program) = (Escape.terminal(outcome.reason), outcome.client.rawValue)
      let same = groups.firstIndex {
        $0.outcome.code == outcome.code && $0.outcome.wasClean == outcome.wasClean && $0.reason == reason
      }
      if let same {
        groups[same].programs.append(program)
      } else {
        groups.append((outcome, reason, [program]))
      }
    }
    guard !groups.isEmpty else { return }
    var text = TextBuffer()
    for (index, group) in groups.enumerated() {
      text.append(index == 0 ? "The client sees " : "; ")
      text.append(decimal: UInt64(group.outcome.code))
      if !group.reason.isEmpty {
        text.append(" \"")
        text.append(group.reason)
        text.append("\"")
      }
      if let wasClean = group.outcome.wasClean { text.append(", wasClean \(wasClean)") }
      text.append(" (")
      text.append(group.programs.joined(separator: ", "))
      text.append(")")
    }
    switch session.hop.isProxy {
    case true: text.append(", if the hops before \(session.hop.address) pass it on")
    case false: break
    case nil: text.append(", if \(session.hop.address) is the client or passes it on")
    }
    text.append(".")
    text.withSpan { WrappedText().write($0, to: &lines) }
  }

  // MARK: The end

  /// - Returns: whether there are any.
  private func writeRemedies(to lines: inout TextBuffer) -> Bool {
    var pastes: [(rules: [String], paste: String)] = []
    for session in sessions {
      guard let finding = session.findings.first(where: { $0.remedy != nil }),
        let paste = finding.remedy?.paste
      else { continue }
      if let index = pastes.firstIndex(where: { $0.paste == paste }) {
        if !pastes[index].rules.contains(finding.rule) { pastes[index].rules.append(finding.rule) }
      } else {
        pastes.append(([finding.rule], paste))
      }
    }
    for (rules, paste) in pastes {
      lines.append(style.bold("Fix for \(rules.joined(separator: ", "))"))
      lines.append("\n")
      for line in paste.split(separator: "\n", omittingEmptySubsequences: false) {
        lines.append("  \(line)\n")
      }
    }
    return !pastes.isEmpty
  }

  private func writeSummary(to lines: inout TextBuffer) {
    // What was no WebSocket is not counted as one.
    var (refused, unanswered, opened) = (0, 0, 0)
    var verdicts: [Verdict: Int] = [:]
    for session in analysis.sessions {
      if session.client.isRefused {
        refused += 1
      } else if Self.isUnanswered(session) {
        unanswered += 1
      } else {
        opened += 1
        verdicts[session.verdict, default: 0] += 1
      }
    }
    let counts = Verdict.allCases.compactMap { verdict in
      verdicts[verdict].map { "\($0) \(verdict.rawValue)" }
    }
    let upgrades = [(refused, "refused upgrade"), (unanswered, "unanswered upgrade")].filter { $0.0 > 0 }
      .map { Self.count(UInt64($0), $1) }
    var line = opened == 0 ? "No WebSocket found" : Self.count(UInt64(opened), "WebSocket")
    if !counts.isEmpty { line += ": " + counts.joined(separator: ", ") }
    if !upgrades.isEmpty { line += (opened == 0 ? ": " : "; ") + upgrades.joined(separator: ", ") }
    if sessions.count < analysis.sessions.count { line += "; \(sessions.count) shown" }
    lines.append(style.bold(line))
    lines.append("\n")
    for capture in analysis.captures { lines.append("  \(captureLine(capture))\n") }
  }

  /// Whether the connection ended before the upgrade was answered.
  private static func isUnanswered(_ session: Session) -> Bool {
    session.verdict == .absent && session.client.response == nil && !session.client.hasFrames
  }

  private func captureLine(_ capture: CaptureSummary) -> String {
    let statistics = capture.statistics
    var parts = [
      Self.count(statistics.packets, "packet"), Self.count(capture.reassembly.connections, "TCP connection"),
      capture.linkTypes,
    ]
    if statistics.truncatedPackets > 0 { parts.append("\(statistics.truncatedPackets) cut by snaplen") }
    if let dropped = statistics.dropped, dropped > 0 { parts.append("\(dropped) dropped by the capture") }
    if let tls = Self.tlsText(capture.tls) { parts.append(tls) }
    parts += capture.unused.map(\.text)
    if capture.reassembly.conflictingOverlaps > 0 {
      let count = capture.reassembly.conflictingOverlaps
      parts.append("\(count) sent again with other bytes (the first are taken)")
    }
    if capture.reassembly.idleEvictions > 0 {
      parts.append(
        "\(Self.count(capture.reassembly.idleEvictions, "connection")) forgotten for their silence")
    }
    let fragments = statistics.fragments
    if fragments.overlaps > 0 {
      parts.append("\(Self.count(fragments.overlaps, "IP fragment")) that overlap")
    }
    let limitHits =
      capture.reassembly.heldLimitHits + capture.reassembly.tableEvictions + fragments.limitHits
    if limitHits > 0 { parts.append("limits hit \(limitHits) times") }
    let files =
      capture.parts.count > 1 ? " and \(Self.count(UInt64(capture.parts.count - 1), "file")) more" : ""
    var line = "\(Escape.terminal(capture.source))\(files): " + parts.joined(separator: ", ")
    // What is less is no reason to look at the machines' clocks.
    if let correction = capture.clockCorrection, abs(correction) >= 0.001 {
      line += "; its clock was moved by \(correction < 0 ? "" : "+")\(correction) s to agree with the first"
    }
    if capture.damage != nil { line += "; not read to its end: this report is partial" }
    return line
  }

  /// `3 TLS connections (1 opened, 2 without keys: see --keylog)`
  private static func tlsText(_ tls: TLSStatistics) -> String? {
    guard tls.connections > 0 else { return nil }
    let closed = [
      (tls.withoutSecrets, "without keys: see --keylog"), (tls.withoutHandshake, "without their handshake"),
      (tls.withWrongSecrets, "whose keys do not fit"),
      (tls.withUnsupportedSuite, "with a cipher that stays closed"),
    ]
    let counts = ([(tls.decrypted, "opened")] + closed).filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return "\(count(tls.connections, "TLS connection")) (\(counts.joined(separator: ", ")))"
  }

  // MARK: Lines

  /// A text of any length as a line can hold it: beginning and end.
  static func elided(_ text: String) -> String {
    let (head, tail) = (40, 20)
    // No text has more characters than bytes.
    guard text.utf8.count > head + tail else { return text }
    return text.count > head + tail ? text.prefix(head) + "…" + text.suffix(tail) : text
  }

  private static func count(_ number: UInt64, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}
