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
    let isASCII = text.isASCII
    var columns = margin
    // What is written at once: words of one line, with one space between them.
    var words = 0..<0
    var start = 0
    while start < text.count {
      let end = text.firstIndex(of: UInt8(ascii: " "), from: start) ?? text.count
      if end > start {
        let width = isASCII ? end - start : text.extracting(start..<end).columns
        let fits = columns + 1 + width <= Self.width
        if columns == margin {
          (words, columns) = (start..<end, columns + width)
        } else if fits, start == words.upperBound + 1 {
          (words, columns) = (words.lowerBound..<end, columns + 1 + width)
        } else {
          lines.append(text.extracting(words))
          lines.append(fits ? " " : "\n")
          if !fits { lines.append(UInt8(ascii: " "), repeated: margin) }
          (words, columns) = (start..<end, (fits ? columns + 1 : margin) + width)
        }
      }
      start = end + 1
    }
    lines.append(text.extracting(words))
    lines.append("\n")
  }
}
