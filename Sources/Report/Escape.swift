/// Makes what came off the wire harmless for where it goes.
package enum Escape {
  /// For a terminal: characters that would move the cursor, colour the text, turn its direction or hide
  /// become `\u{..}`.
  package static func terminal(_ text: String) -> String {
    // 8 bytes at once, and only what has quotation marks byte by byte.
    if text.utf8.span.isPlainText || isPlain(text.utf8.span) { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if isUnsafe(scalar) {
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Whether all bytes are visible characters of ASCII, or spaces: nearly all are, and Unicode's tables are slow.
  private static func isPlain(_ text: Span<UInt8>) -> Bool {
    for index in text.indices where text[index] < 0x20 || text[index] >= 0x7f { return false }
    return true
  }

  /// Whether a terminal or an editor would act on a character instead of showing it.
  static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    // Controls; bidirectional and zero-width formats; line and paragraph separators; unassigned.
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: true
    // Characters without any shape, as U+3164.
    default: scalar.properties.isDefaultIgnorableCodePoint && !scalar.properties.isVariationSelector
    }
  }
}

/// Hides what may be secret in a request.
enum Redaction {
  /// A request target with its query's values hidden: `/feed?token=…&v=…`.
  static func target(_ target: String) -> String {
    guard target.utf8.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: ":") }) else {
      return target
    }
    // Scalars, because a combining mark makes one Character of itself and the `?` before it.
    let scalars = withoutUserInformation(target).unicodeScalars
    guard let mark = scalars.firstIndex(of: "?") else { return String(scalars) }
    let pairs = scalars[scalars.index(after: mark)...].split(separator: "&", omittingEmptySubsequences: false)
    let hidden = pairs.map { pair in
      pair.firstIndex(of: "=").map { String(pair[..<$0]) + "=…" } ?? (pair.isEmpty ? "" : "…")
    }
    return String(scalars[...mark]) + hidden.joined(separator: "&")
  }

  /// `http://…@host/feed` for a target in absolute form with user and password (RFC 3986 §3.2.1).
  private static func withoutUserInformation(_ target: String) -> String {
    let scalars = target.unicodeScalars
    guard let colon = scalars.firstIndex(of: ":"), scalars[colon...].starts(with: "://".unicodeScalars) else {
      return target
    }
    let start = scalars.index(colon, offsetBy: 3)
    let authority = scalars[start...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard scalars.first != "/", let at = authority.lastIndex(of: "@") else { return target }
    return String(scalars[..<start]) + "…" + String(scalars[at...])
  }
}
