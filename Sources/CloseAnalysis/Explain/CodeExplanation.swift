import WSDecode

/// What is known of a close code, or of a range of them: RFC 6455 §7.4, and the IANA WebSocket Close Code
/// Number Registry.
package struct CodeExplanation: Hashable, Sendable {
  package var codes: ClosedRange<UInt16>
  /// The registry's.
  package var name: String?
  /// One line, for the list of all codes; without a full stop.
  package var summary: String
  package var sender: String
  package var wire: String
  package var cause: String
  package var action: String

  package var topic: String {
    codes.count == 1 ? "\(codes.lowerBound)" : "\(codes.lowerBound)-\(codes.upperBound)"
  }

  /// One code; the registry's facts are those of `CloseCode`.
  init(_ code: UInt16, _ summary: String, sender: String, wire: String? = nil, cause: String, action: String)
  {
    self.init(
      code...code, name: CloseCode(rawValue: code).name, summary, sender: sender,
      wire: wire
        ?? (CloseCode(rawValue: code).maySend
          ? "May be sent."
          : "Must not be sent (RFC 6455 §7.4.1)."),
      cause: cause, action: action)
  }

  init(
    _ codes: ClosedRange<UInt16>, name: String?, _ summary: String, sender: String, wire: String,
    cause: String,
    action: String
  ) {
    self.codes = codes
    self.name = name
    self.summary = summary
    self.sender = sender
    self.wire = wire
    self.cause = cause
    self.action = action
  }
}

extension CodeExplanation {
  package static let ranges = [
    CodeExplanation(
      0...999, name: nil, "not used", sender: "Nobody.", wire: "Must not be sent (RFC 6455 §7.4.2).",
      cause: """
        A program that takes another number for a close code: an exit status, an HTTP status, 0 for "none". \
        Chromium and Firefox report it as it is, wasClean true; node's ws fails the connection and reports \
        1006.
        """,
      action: "Use 1000, or a code of your own from 4000 to 4999."),
    CodeExplanation(
      1000...2999, name: nil, "for the protocol; what is not registered must not be sent",
      sender: "Either side, if the code is registered for that.",
      wire: "1000 to 1003 and 1007 to 1014 may be sent; all others must not until they are registered.",
      cause: "An unregistered one: a program that invents codes in the wrong range. node's ws fails the"
        + " connection on it and reports 1006; Chromium and Firefox report it.",
      action: "Take a registered code, or one of your own from 4000 to 4999."),
    CodeExplanation(
      3000...3999, name: nil, "for libraries and frameworks, registered with IANA",
      sender: "Either side: a library, a framework, an application that registered it.",
      wire: "May be sent. Registered are 3000, 3003 and 3008.",
      cause: "What the library says it means: look at its documentation.",
      action: "For codes of an application take 4000 to 4999."),
    CodeExplanation(
      4000...4999, name: nil, "for private use: the application decides what they mean",
      sender: "Either side: the application itself.", wire: "May be sent; never registered.",
      cause: "What the application means by it: search for the number in the code of both sides.",
      action: "If the client did not get the code that the server sent, run wsclose on a capture."),
    CodeExplanation(
      5000...UInt16.max, name: nil, "not defined", sender: "Nobody.",
      wire: "Must not be sent: RFC 6455 §7.4.2 defines no codes from 5000 on.",
      cause: "A program that takes another number for a close code. node's ws fails the connection on it"
        + " and reports 1006; Chromium and Firefox report it.",
      action: "Use a code from 4000 to 4999."),
  ]
}
