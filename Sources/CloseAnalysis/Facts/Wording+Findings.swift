import Capture
import Streams

extension Wording {
  /// `0.0042` as `4.2 ms`, `0.05` as `50 ms`, `1.0304` as `1.03 s`.
  static func duration(_ seconds: Double) -> String {
    let milliseconds = abs(seconds) * 1000
    if milliseconds >= 999.5 { return self.seconds(seconds) }
    let sign = seconds < 0 ? "-" : ""
    if milliseconds >= 9.95 { return "\(sign)\(Int(milliseconds.rounded())) ms" }
    let tenths = Int((milliseconds * 10).rounded())
    return "\(sign)\(tenths / 10).\(tenths % 10) ms"
  }

  /// How often and since when a receiver had no room: `once (packet 12)`, `3 times, first in packet 12`.
  static func stalls(_ count: UInt64, first: String) -> String {
    count == 1 ? "once (\(first))" : "\(self.count(count)) times, first in \(first)"
  }

  static func kind(_ end: SeenEnd) -> String { end.kind.name }

  /// `a, b and c`
  static func list(_ parts: [String]) -> String {
    guard let last = parts.last, parts.count > 1 else { return parts.first ?? "" }
    return parts.dropLast().joined(separator: ", ") + " and " + last
  }

  /// With its first letter in upper case.
  static func sentence(_ text: String) -> String {
    guard let first = text.first else { return text }
    var sentence = first.uppercased()
    sentence.append(contentsOf: text.dropFirst())
    return sentence
  }
}
