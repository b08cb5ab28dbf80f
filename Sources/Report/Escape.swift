/// Makes what came off the wire harmless for where it goes.
enum Escape {
  /// For a terminal: characters that would move the cursor, colour the text, turn its direction or hide
  /// become `\u{..}`.
  static func terminal(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: { isUnsafe($0) }) else { return text }
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

  /// Whether a terminal or an editor would act on a character instead of showing it.
  static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    // Controls; bidirectional and zero-width formats; line and paragraph separators; unassigned.
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate: true
    default: false
    }
  }
}

/// Hides what may be secret in a request.
enum Redaction {
  /// A request target with its query's values hidden: `/feed?token=…&v=…`.
  static func target(_ target: String) -> String {
    guard let mark = target.firstIndex(of: "?") else { return target }
    let pairs = target[target.index(after: mark)...].split(separator: "&", omittingEmptySubsequences: false)
    let hidden = pairs.map { pair in
      pair.firstIndex(of: "=").map { pair[..<$0] + "=…" } ?? (pair.isEmpty ? "" : "…")
    }
    return target[...mark] + hidden.joined(separator: "&")
  }
}
