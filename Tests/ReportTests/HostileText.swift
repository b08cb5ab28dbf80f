import Testing

/// A text that must not act on a terminal; not on the one of the test run either, where it is escaped.
struct HostileText: ExpressibleByStringLiteral, CustomTestStringConvertible, Sendable {
  var text: String

  init(stringLiteral text: String) { self.text = text }

  var testDescription: String { text.unicodeScalars.map { $0.escaped(asASCII: true) }.joined() }
}
