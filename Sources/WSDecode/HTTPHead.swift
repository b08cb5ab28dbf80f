import Streams

/// The head of an HTTP/1.x message: start line and fields (RFC 9112 §2.1). Strings are made of what is asked for.
package struct HTTPHead: Hashable, Sendable {
  private let bytes: [UInt8]
  private let startLine: Range<Int>
  /// The first two in the start line.
  private let spaces: (first: Int?, second: Int?)
  /// Where the values lie; of Envoy's fields the name, which is all that is asked of them.
  private let fields: HTTPFieldPlaces

  /// - Parameter bytes: from the start line to the empty line, both included; lines may end in a bare LF.
  package init(_ bytes: [UInt8]) {
    var bytes = bytes
    let startLine = Self.line(of: &bytes, from: 0)
    var fields = HTTPFieldPlaces()
    let spellings = FieldName.spellings
    var start = startLine?.next ?? bytes.count
    while let (line, next) = Self.line(of: &bytes, from: start) {
      Self.addField(bytes.span, line, spellings, to: &fields)
      start = next
    }
    self.bytes = bytes
    self.startLine = startLine?.range ?? 0..<0
    spaces = Self.spaces(bytes.span, self.startLine)
    self.fields = fields
  }

  /// A line without its end, and where the next one begins.
  ///
  /// A line that begins with white space goes on with the line above (RFC 9112 §5.2): its line end is
  /// replaced by spaces.
  private static func line(of bytes: inout [UInt8], from start: Int) -> (range: Range<Int>, next: Int)? {
    var next = start
    while let end = bytes.span.firstIndex(of: UInt8(ascii: "\n"), from: next) {
      next = end + 1
      let hasCR = end > start && bytes[end - 1] == UInt8(ascii: "\r")
      guard next < bytes.count, bytes[next].isSpace else { return (start..<(hasCR ? end - 1 : end), next) }
      bytes[end] = UInt8(ascii: " ")
      if hasCR { bytes[end - 1] = UInt8(ascii: " ") }
    }
    return nil
  }

  private static func spaces(_ bytes: Span<UInt8>, _ line: Range<Int>) -> (first: Int?, second: Int?) {
    var first: Int?
    for index in line where bytes[index] == UInt8(ascii: " ") {
      guard first == nil else { return (first, index) }
      first = index
    }
    return (first, nil)
  }

  private static func addField(
    _ bytes: Span<UInt8>, _ line: Range<Int>, _ spellings: FieldSpellings, to fields: inout HTTPFieldPlaces
  ) {
    guard let length = bytes.extracting(line).firstIndex(of: UInt8(ascii: ":"), from: 0) else { return }
    let colon = line.lowerBound + length
    let range = line.lowerBound..<colon
    guard let name = spellings.name(of: bytes, range) else { return }
    fields.add(name, at: name == .envoy ? range : trim(bytes, colon + 1..<line.upperBound))
  }

  // MARK: Start line

  /// A part of the start line, by index. Parts are separated by single spaces; the third may hold spaces itself.
  package func startLinePart(_ index: Int) -> String? { startLineRange(index).map { text($0) } }

  /// Whether a part of the start line is a text.
  func startLinePart(_ index: Int, is text: String) -> Bool {
    startLineRange(index).map { isText($0, text) } ?? false
  }

  /// Whether a part of the start line begins so.
  func startLinePart(_ index: Int, hasPrefix prefix: String) -> Bool {
    startLineRange(index).map { isText($0.prefix(prefix.utf8.count), prefix) } ?? false
  }

  private func startLineRange(_ index: Int) -> Range<Int>? {
    switch (index, spaces.first, spaces.second) {
    case (0, let first, _): startLine.lowerBound..<(first ?? startLine.upperBound)
    case (1, let first?, let second): first + 1..<(second ?? startLine.upperBound)
    case (2, _, let second?): second + 1..<startLine.upperBound
    default: nil
    }
  }

  // MARK: Fields

  /// The first field of that name.
  package func value(_ name: FieldName) -> String? { fields[name].map { text($0) } }

  func value(_ name: FieldName, likely text: String?) -> String? {
    guard let text, let place = fields[name], isText(place, text) else { return value(name) }
    return text
  }

  /// Whether there is a field of that name.
  package func contains(_ name: FieldName) -> Bool { fields.contains(name) }

  /// The first name that begins as those of Envoy, in lower case.
  var envoyName: String? {
    fields[.envoy].map { String(decoding: bytes[$0].map(\.lowercased), as: UTF8.self) }
  }

  /// The members of a comma-separated field, over all of its lines (RFC 9110 §5.6.1).
  package func list(_ name: FieldName) -> [String] {
    fields.all(name).flatMap { value in
      bytes[value].split(separator: UInt8(ascii: ",")).map { member in
        text(Self.trim(bytes.span, member.startIndex..<member.endIndex))
      }
    }
  }

  /// Whether a list has that member, letter case aside; `member` in lower case.
  package func list(_ name: FieldName, contains member: String) -> Bool {
    fields.contains(name) { value in
      var start = value.lowerBound
      for index in value where bytes[index] == UInt8(ascii: ",") {
        if matches(Self.trim(bytes.span, start..<index), member) { return true }
        start = index + 1
      }
      return matches(Self.trim(bytes.span, start..<value.upperBound), member)
    }
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  private func isText(_ range: Range<Int>, _ text: String) -> Bool {
    bytes.span.equals(text.utf8Span.span, at: range)
  }

  private func matches(_ range: Range<Int>, _ name: String) -> Bool {
    bytes.span.matches(name.utf8Span.span, at: range)
  }

  private static func trim(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
    bytes.trimming(range) { $0.isSpace }
  }

  package static func == (a: Self, b: Self) -> Bool { a.bytes == b.bytes }
  package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}
