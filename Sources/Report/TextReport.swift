import Capture
import CloseAnalysis
import Streams
import TLSDecode
import WSDecode

/// The report for people: a block for each session, the answer first.
package struct TextReport {
  private let analysis: Analysis
  private let sessions: [Session]
  private let style: TextStyle
  private static let width = 100

  /// - Parameter sessions: those of the analysis that are wanted.
  package init(_ analysis: Analysis, sessions: [Session], style: TextStyle) {
    self.analysis = analysis
    self.sessions = sessions
    self.style = style
  }

  package var text: String {
    var blocks = sessions.map { block($0) }
    if let remedies { blocks.append(remedies) }
    blocks.append(summary)
    return blocks.map { $0.joined(separator: "\n") + "\n" }.joined(separator: "\n")
  }

  // MARK: One session

  private func block(_ session: Session) -> [String] {
    var lines = [Headline(session: session, style: style).text]
    lines += Self.wrap(Escape.terminal(session.answer), indent: "  ")
    lines += Ladder(session, captures: analysis.captures).lines.map { "  " + style.dim($0) }
    lines += session.legs.compactMap { leg in
      leg.encapsulation.map { "  \(leg.connection.client) → \(leg.connection.server) is inside \($0)" }
    }
    lines += session.legs.compactMap { leg in
      leg.tls.map { "  \(leg.connection.client) → \(leg.connection.server) is \(Self.text($0))" }
    }
    lines += clientLines(session)
    for finding in session.findings {
      let text = "\(finding.rule): \(Escape.terminal(finding.text))"
      lines += Self.wrap(text, indent: "  ", label: finding.severity.rawValue + "  ").replacingFirst(
        finding.severity.rawValue, with: style.severity(finding.severity))
    }
    if let finding = session.findings.first(where: { $0.remedy != nil }), let remedy = finding.remedy {
      let pointer = remedy.paste == nil ? "" : " (text to paste below)"
      lines += Self.wrap(remedy.summary + pointer + ".", indent: "  ", label: "Fix: ")
        .replacingFirst("Fix:", with: style.bold("Fix:"))
    }
    return lines
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
  private func clientLines(_ session: Session) -> [String] {
    var groups: [(text: String, programs: [String])] = []
    for outcome in session.clientSees {
      var text = "\(outcome.code)"
      if !outcome.reason.isEmpty { text += " \"\(Escape.terminal(outcome.reason))\"" }
      if let wasClean = outcome.wasClean { text += ", wasClean \(wasClean)" }
      if let index = groups.firstIndex(where: { $0.text == text }) {
        groups[index].programs.append(outcome.client.rawValue)
      } else {
        groups.append((text, [outcome.client.rawValue]))
      }
    }
    guard !groups.isEmpty else { return [] }
    let seen = groups.map { "\($0.text) (\($0.programs.joined(separator: ", ")))" }
    let caveat =
      switch session.hop.isProxy {
      case true: ", if the hops before \(session.hop.address) pass it on"
      case false: ""
      case nil: ", if \(session.hop.address) is the client or passes it on"
      }
    return Self.wrap("The client sees \(seen.joined(separator: "; "))\(caveat).", indent: "  ")
  }

  // MARK: The end

  private var remedies: [String]? {
    var pastes: [(rules: [String], paste: String)] = []
    for finding in sessions.compactMap({ $0.findings.first { $0.remedy != nil } }) {
      guard let paste = finding.remedy?.paste else { continue }
      if let index = pastes.firstIndex(where: { $0.paste == paste }) {
        if !pastes[index].rules.contains(finding.rule) { pastes[index].rules.append(finding.rule) }
      } else {
        pastes.append(([finding.rule], paste))
      }
    }
    guard !pastes.isEmpty else { return nil }
    return pastes.flatMap { rules, paste in
      [style.bold("Fix for \(rules.joined(separator: ", "))")]
        + paste.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }
    }
  }

  private var summary: [String] {
    // What was no WebSocket is not counted as one.
    let refused = analysis.sessions.count { $0.client.isRefused }
    let unanswered = analysis.sessions.count { Self.isUnanswered($0) }
    let opened = analysis.sessions.filter { !$0.client.isRefused && !Self.isUnanswered($0) }
    let counts = Verdict.allCases.compactMap { verdict -> String? in
      let count = opened.count { $0.verdict == verdict }
      return count == 0 ? nil : "\(count) \(verdict.rawValue)"
    }
    let upgrades = [(refused, "refused upgrade"), (unanswered, "unanswered upgrade")].filter { $0.0 > 0 }
      .map { Self.count(UInt64($0), $1) }
    var line = opened.isEmpty ? "No WebSocket found" : Self.count(UInt64(opened.count), "WebSocket")
    if !counts.isEmpty { line += ": " + counts.joined(separator: ", ") }
    if !upgrades.isEmpty { line += (opened.isEmpty ? ": " : "; ") + upgrades.joined(separator: ", ") }
    if sessions.count < analysis.sessions.count { line += "; \(sessions.count) shown" }
    return [style.bold(line)] + analysis.captures.map { "  " + captureLine($0) }
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
    if capture.damage != nil { line += "; damaged: this report is partial" }
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
    return text.count > head + tail ? text.prefix(head) + "…" + text.suffix(tail) : text
  }

  private static func count(_ number: UInt64, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }

  /// Breaks a text at spaces; later lines are indented behind the label.
  private static func wrap(_ text: String, indent: String, label: String = "") -> [String] {
    let margin = indent.columns + label.columns
    let hanging = indent + String(repeating: " ", count: label.columns)
    var lines: [String] = []
    var line = indent + label
    var columns = margin
    for word in text.utf8.split(separator: UInt8(ascii: " ")).map(Substring.init) {
      if columns > margin, columns + 1 + word.columns > width {
        lines.append(line)
        line = hanging
        columns = margin
      }
      if columns > margin { line += " " }
      line += word
      columns += (columns > margin ? 1 : 0) + word.columns
    }
    return lines + [line]
  }
}

extension [String] {
  /// Puts colour on a label after its line was measured.
  fileprivate func replacingFirst(_ label: String, with coloured: String) -> [String] {
    guard let first, let range = first.firstRange(of: label) else { return self }
    return [first.replacingCharacters(in: range, with: coloured)] + dropFirst()
  }
}

extension String {
  fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
    self[..<range.lowerBound] + text + self[range.upperBound...]
  }
}
