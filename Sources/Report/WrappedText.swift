import Streams

/// Breaks a text at spaces. Its lines are indented, the later ones behind the label.
struct WrappedText {
  private static let width = 100
  /// With its spaces.
  private let label: String
  /// The label as the terminal gets it, with its colour.
  private let shown: String

  init(label: String = "", shown: String? = nil) {
    self.label = label
    self.shown = shown ?? label
  }

  func write(_ text: Span<UInt8>, to lines: inout TextBuffer) {
    lines.append("  ")
    lines.append(shown)
    let margin = 2 + label.columns
    var columns = margin
    var start = 0
    while start < text.count {
      let end = text.firstIndex(of: UInt8(ascii: " "), from: start) ?? text.count
      if end > start {
        let word = text.extracting(start..<end)
        let width = word.columns
        if columns > margin, columns + 1 + width > Self.width {
          lines.append("\n")
          lines.append(UInt8(ascii: " "), repeated: margin)
          columns = margin
        }
        if columns > margin {
          lines.append(UInt8(ascii: " "))
          columns += 1
        }
        lines.append(word)
        columns += width
      }
      start = end + 1
    }
    lines.append("\n")
  }
}
