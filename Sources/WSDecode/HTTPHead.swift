/// The head of an HTTP/1.x message: start line and fields (RFC 9112 §2.1).
package struct HTTPHead: Hashable, Sendable {
  private let bytes: [UInt8]
  private let startLine: Range<Int>
  private let fields: [(name: Range<Int>, value: Range<Int>)]

  /// - Parameter bytes: from the start line to the empty line, both included; lines may end in a bare LF.
  package init(_ bytes: [UInt8]) {
    let bytes = Self.unfolded(bytes)
    self.bytes = bytes
    var lines: [Range<Int>] = []
    var start = 0
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      let end = index > start && bytes[index - 1] == UInt8(ascii: "\r") ? index - 1 : index
      lines.append(start..<end)
      start = index + 1
    }
    startLine = lines.first ?? 0..<0
    fields = lines.dropFirst().compactMap { line in
      guard let colon = bytes[line].firstIndex(of: UInt8(ascii: ":")) else { return nil }
      return (line.lowerBound..<colon, Self.trim(bytes, colon + 1..<line.upperBound))
    }
  }

  /// The start line's parts, separated by single spaces; the last one may hold spaces itself.
  package var startLineParts: [String] {
    bytes[startLine].split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
  }

  /// The first field of that name; `name` in lower case.
  package func value(_ name: String) -> String? {
    fields.first { matches($0.name, name) }.map { String(decoding: bytes[$0.value], as: UTF8.self) }
  }

  /// The names of the fields in lower case, in their order.
  package var names: [String] {
    fields.map { field in String(decoding: bytes[field.name].map(Self.lowercased), as: UTF8.self) }
  }

  /// The members of a comma-separated field, over all of its lines (RFC 9110 §5.6.1).
  package func list(_ name: String) -> [String] {
    fields.filter { matches($0.name, name) }.flatMap { field in
      bytes[field.value].split(separator: UInt8(ascii: ",")).map { member in
        String(decoding: bytes[Self.trim(bytes, member.startIndex..<member.endIndex)], as: UTF8.self)
      }
    }
  }

  /// Whether a list has that member, letter case aside; `member` in lower case.
  package func list(_ name: String, contains member: String) -> Bool {
    list(name).contains { $0.lowercased() == member }
  }

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
    return zip(range, name.utf8).allSatisfy { index, byte in Self.lowercased(bytes[index]) == byte }
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
