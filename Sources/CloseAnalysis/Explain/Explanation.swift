import WSDecode

/// What a rule or a close code means: one source for `wsclose explain` and docs/findings.md.
package struct Explanation: Hashable, Sendable {
  package struct Section: Hashable, Sendable {
    package var label: String
    package var text: String
  }

  /// What is asked for: `late-teardown`, `1006`, `4000-4999`.
  package var topic: String
  /// The topic, with its name if it has one besides.
  package var title: String
  /// One line, for lists; without a full stop.
  package var summary: String
  package var sections: [Section]
  package var remedies: [Remedy]

  init(_ rule: any FindingRule.Type) {
    let entry = rule.explanation
    topic = rule.id
    title = rule.id
    summary = entry.summary
    sections = [
      Section(label: "Meaning", text: entry.meaning), Section(label: "On the wire", text: entry.trigger),
      Section(label: "What to do", text: entry.action),
    ]
    remedies = entry.remedies
  }

  init(_ entry: CodeExplanation) {
    topic = entry.topic
    title = [topic, entry.name].compactMap(\.self).joined(separator: " ")
    summary = entry.summary
    sections = [
      Section(label: "Sent by", text: entry.sender), Section(label: "On the wire", text: entry.wire),
      Section(label: "Usual cause", text: entry.cause), Section(label: "What to do", text: entry.action),
    ]
    remedies = []
  }
}

/// All that can be explained.
package enum ExplainCatalogue {
  /// In the order of weight.
  package static let rules = FindingCatalogue.rules.map { Explanation($0) }
  /// The registered codes in rising order, then the ranges.
  package static let codes = (CodeExplanation.registered + CodeExplanation.ranges).map { Explanation($0) }

  /// - Parameter topic: a rule, a code or a range, in upper or lower case.
  /// - Returns: for a code that is not registered, what is known of its range.
  package static func explanation(of topic: String) -> Explanation? {
    let topic = topic.lowercased()
    if let known = (rules + codes).first(where: { $0.topic == topic }) { return known }
    guard topic.allSatisfy({ $0.isASCII && $0.isNumber }), let code = UInt16(topic),
      let range = CodeExplanation.ranges.first(where: { $0.codes.contains(code) })
    else { return nil }
    var explanation = Explanation(range)
    explanation.topic = "\(code)"
    explanation.title = "\(code) (not registered; \(explanation.title))"
    return explanation
  }

  /// The topics that look most like an unknown one, the nearest first.
  package static func suggestions(for topic: String) -> [String] {
    let wanted = Array(topic.lowercased().prefix(64))
    guard !wanted.isEmpty else { return [] }
    let scored = (rules + codes).compactMap { entry -> (score: Int, topic: String)? in
      let known = Array(entry.topic)
      if wanted.count >= 3, entry.topic.contains(String(wanted)) { return (0, entry.topic) }
      let distance = editDistance(wanted, known)
      return distance <= max(1, min(wanted.count, known.count) / 3) ? (distance, entry.topic) : nil
    }
    let best = scored.map(\.score).min() ?? 0
    return scored.filter { $0.score <= best + 1 }.sorted { ($0.score, $0.topic) < ($1.score, $1.topic) }
      .prefix(3).map(\.topic)
  }

  /// Levenshtein's: how many characters must be added, removed or replaced.
  private static func editDistance(_ a: [Character], _ b: [Character]) -> Int {
    var row = Array(0...b.count)
    for (index, character) in a.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for other in b.indices {
        let replaced = diagonal + (b[other] == character ? 0 : 1)
        diagonal = row[other + 1]
        row[other + 1] = min(replaced, row[other] + 1, row[other + 1] + 1)
      }
    }
    return row[b.count]
  }
}
