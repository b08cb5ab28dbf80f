/// The head of an HTTP/1.x message: start line and fields (RFC 9112 §2.1).
package struct HTTPHead: Hashable, Sendable {
  private let bytes: [UInt8]
  private let startLine: Range<Int>
  private let fields: [(name: Range<Int>, value: Range<Int>)]

  /// - Parameter bytes: from the start line to the empty line, both included; lines may end in a bare LF.
  package init(_ bytes: [UInt8]) {
    let bytes = Self.unfolded(bytes)
    self.bytes = bytes
    var startLine: Range<Int>?
    var fields: [(name: Range<Int>, value: Range<Int>)] = []
    fields.reserveCapacity(16)
    var (start, colon) = (0, -1)
    for index in bytes.indices {
      let byte = bytes[index]
      if byte == UInt8(ascii: ":"), colon < start { colon = index }
      guard byte == UInt8(ascii: "\n") else { continue }
      let end = index > start && bytes[index - 1] == UInt8(ascii: "\r") ? index - 1 : index
      if startLine == nil {
        startLine = start..<end
      } else if colon >= start {
        fields.append((start..<colon, Self.trim(bytes, colon + 1..<end)))
      }
      start = index + 1
    }
    self.startLine = startLine ?? 0..<0
    self.fields = fields
  }

  /// The start line's parts, separated by single spaces; the last one may hold spaces itself.
  package var startLineParts: [String] {
    var parts: [String] = []
    parts.reserveCapacity(3)
    var start = startLine.lowerBound
    for index in startLine where bytes[index] == UInt8(ascii: " ") && parts.count < 2 {
      parts.append(text(start..<index))
      start = index + 1
    }
    return parts + [text(start..<startLine.upperBound)]
  }

  /// The first field of that name; `name` in lower case.
  package func value(_ name: String) -> String? {
    fields.first { matches($0.name, name) }.map { text($0.value) }
  }

  /// Whether there is a field of that name; `name` in lower case.
  package func contains(_ name: String) -> Bool { fields.contains { matches($0.name, name) } }

  /// The first name that begins so, both in lower case.
  package func firstName(withPrefix prefix: String) -> String? {
    let count = prefix.utf8.count
    let field = fields.first { $0.name.count >= count && matches($0.name.prefix(count), prefix) }
    return field.map { String(decoding: bytes[$0.name].map(Self.lowercased), as: UTF8.self) }
  }

  /// The members of a comma-separated field, over all of its lines (RFC 9110 §5.6.1).
  package func list(_ name: String) -> [String] {
    fields.filter { matches($0.name, name) }.flatMap { field in
      bytes[field.value].split(separator: UInt8(ascii: ",")).map { member in
        text(Self.trim(bytes, member.startIndex..<member.endIndex))
      }
    }
  }

  /// Whether a list has that member, letter case aside; `member` in lower case.
  package func list(_ name: String, contains member: String) -> Bool {
    fields.contains { field in
      guard matches(field.name, name) else { return false }
      var start = field.value.lowerBound
      for index in field.value where bytes[index] == UInt8(ascii: ",") {
        if matches(Self.trim(bytes, start..<index), member) { return true }
        start = index + 1
      }
      return matches(Self.trim(bytes, start..<field.value.upperBound), member)
    }
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// A line that begins with white space goes on with the line above (RFC 9112 §5.2): its line end is
  /// replaced by spaces.
  private static func unfolded(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for index in bytes.indices.dropLast() where bytes[index] == UInt8(ascii: "\n") {
      guard bytes[index + 1] == UInt8(ascii: " ") || bytes[index + 1] == UInt8(ascii: "\t") else { continue }
      bytes[index] = UInt8(ascii: " ")
      if index > 0, bytes[index - 1] == UInt8(ascii: "\r") { bytes[index - 1] = UInt8(ascii: " ") }
    }
    return bytes
  }

  private func matches(_ range: Range<Int>, _ name: String) -> Bool {
    guard range.count == name.utf8.count else { return false }
    let name = name.utf8Span.span
    for index in name.indices where Self.lowercased(bytes[range.lowerBound + index]) != name[index] {
      return false
    }
    return true
  }

  private static func lowercased(_ byte: UInt8) -> UInt8 {
    (0x41...0x5a).contains(byte) ? byte | 0x20 : byte
  }

  private static func trim(_ bytes: [UInt8], _ range: Range<Int>) -> Range<Int> {
    func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    var low = range.lowerBound
    var high = range.upperBound
    while low < high, isSpace(bytes[low]) { low += 1 }
    while low < high, isSpace(bytes[high - 1]) { high -= 1 }
    return low..<high
  }

  package static func == (a: Self, b: Self) -> Bool { a.bytes == b.bytes }
  package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}
