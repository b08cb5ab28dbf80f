/// What is wrong with a Close frame's body.
package struct CloseBodyViolations: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// One byte: too short for a code.
  package static let oneByte = CloseBodyViolations(rawValue: 1)
  /// A code that must not be sent (RFC 6455 §7.4.1).
  package static let reservedCode = CloseBodyViolations(rawValue: 2)
  package static let invalidUTF8 = CloseBodyViolations(rawValue: 4)
}

/// The body of a Close frame (RFC 6455 §5.5.1): nothing, or a code and a reason.
package struct CloseBody: Hashable, Sendable {
  /// `nil` if the frame has none, or the capture does not hold it.
  package var code: CloseCode?
  /// The bytes as sent, where not UTF-8 repaired with U+FFFD; `nil` if the capture does not hold them all.
  package var reason: String?
  package var violations: CloseBodyViolations = []
  /// Whether the capture holds the whole body.
  package var isComplete: Bool

  /// - Parameters:
  ///   - captured: the body's first bytes, unmasked.
  ///   - length: the bytes that the frame's header announced.
  package init(captured: [UInt8], length: UInt64) {
    isComplete = UInt64(captured.count) == length
    if length == 1 { violations.insert(.oneByte) }
    guard length >= 2, captured.count >= 2 else { return }
    let code = CloseCode(rawValue: UInt16(captured[0]) << 8 | UInt16(captured[1]))
    if !code.maySend { violations.insert(.reservedCode) }
    self.code = code
    guard isComplete else { return }
    reason = String(decoding: captured[2...], as: UTF8.self)
    if (try? UTF8Span(validating: captured.span.extracting(droppingFirst: 2))) == nil {
      violations.insert(.invalidUTF8)
    }
  }

  /// Whether it has a code that the capture does not hold.
  package var isUnknown: Bool { !isComplete && code == nil && !violations.contains(.oneByte) }

  /// Code and reason for people, the reason as it came off the wire.
  package var summary: String {
    if isUnknown { return "not captured" }
    guard let code else { return violations.contains(.oneByte) ? "1-byte body" : "no code" }
    guard reason != "" else { return "\(code.rawValue)" }
    return "\(code.rawValue) \"\(reason ?? "…")\""
  }
}
