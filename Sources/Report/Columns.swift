extension String {
  /// How many columns of a terminal a text takes that has no control characters, each character one.
  var columns: Int {
    let bytes = utf8.span
    return bytes.isASCII ? bytes.count : count
  }
}

extension Span<UInt8> {
  /// The same, of a text that stands for itself.
  var columns: Int {
    isASCII ? count : String(decoding: indices.map { self[$0] }, as: UTF8.self).count
  }
}
