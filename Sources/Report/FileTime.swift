import Capture

/// Moments as parts of file names: in UTC, and in the order of time if they are sorted.
package enum FileTime {
  /// `20260102T030405.678Z`
  package static func text(_ time: Timestamp) -> String {
    let text = TimeText(fractionDigits: 6).text(time).filter { $0 != "-" && $0 != ":" }
    return text.dropLast(4) + "Z"
  }
}
