/// What a rule means, for `wsclose explain` and docs/findings.md.
package struct RuleExplanation: Hashable, Sendable {
  /// One line, for the list of all rules.
  package var summary: String
  /// What has happened if the rule is triggered.
  package var meaning: String
  /// What on the wire triggers it.
  package var trigger: String
  /// What to do.
  package var action: String
  /// To paste.
  package var remedies: [Remedy] = []
}
