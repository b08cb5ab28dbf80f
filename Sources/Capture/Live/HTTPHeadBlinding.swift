/// Hides what an opening handshake may hold of secrets, in place: Wireshark still sees the handshake, with every byte
/// where it was.
enum HTTPHeadBlinding {
  /// Heads that are longer are cut.
  static let maxBytes = 4096
  private static let filler = UInt8(ascii: "x")
  /// Fields whose values stay: what a WebSocket needs, and what names the programs.
  private static let shown: Set<String> = [
    "host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-accept", "sec-websocket-version",
    "sec-websocket-extensions", "user-agent", "server", "via", "content-length", "transfer-encoding", "date",
    "x-request-id",
  ]

  /// Whether a payload begins as a request for a WebSocket, or a response, does.
  static func isHead(_ frame: Span<UInt8>, at offset: Int) -> Bool {
    guard offset >= 0, frame.count - offset >= 4 else { return false }
    let begin = frame.bigEndian32(at: offset)
    // "GET ", "HTTP", "CONN"
    return begin == 0x4745_5420 || begin == 0x4854_5450 || begin == 0x434f_4e4e
  }

  /// Where a head ends; `nil` where none begins. A head without an end goes on to the bound.
  static func headEnd(_ frame: Span<UInt8>, at offset: Int) -> Int? {
    guard isHead(frame, at: offset) else { return nil }
    let limit = min(frame.count, offset + maxBytes)
    for index in offset..<limit where limit - index >= 4 {
      if frame.bigEndian32(at: index) == 0x0d0a_0d0a { return index + 4 }
    }
    return limit
  }

  /// Overwrites the user and the query of a request, and the values of all fields but those that are known to hold no
  /// secrets. What only begins as a head does, and is the middle of one, shows nothing of its first line.
  static func blind(_ bytes: inout [UInt8], in range: Range<Int>) {
    var start = range.lowerBound
    var isFirst = true
    while start < range.upperBound {
      let end = bytes[start..<range.upperBound].firstIndex(of: UInt8(ascii: "\n")) ?? range.upperBound
      blind(line: start..<end, isFirst: isFirst, &bytes)
      (start, isFirst) = (end + 1, false)
    }
  }

  private static func blind(line: Range<Int>, isFirst: Bool, _ bytes: inout [UInt8]) {
    var hidden = line
    if isFirst, isStartLine(bytes[line]) {
      return blind(startLine: line, &bytes)
    } else if !isFirst, let colon = bytes[line].firstIndex(of: UInt8(ascii: ":")) {
      let name = String(decoding: bytes[line.lowerBound..<colon], as: UTF8.self).lowercased()
      guard !shown.contains(name) else { return }
      hidden = colon + 1..<line.upperBound
    }
    fill(hidden, &bytes)
  }

  /// `HTTP/1.1 101 ...`, or `GET /target HTTP/1.1`.
  private static func isStartLine(_ line: ArraySlice<UInt8>) -> Bool {
    let version = Array("HTTP/1.".utf8)
    if line.starts(with: version) { return true }
    let request = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
    return request.dropLast().suffix(version.count + 1).elementsEqual(Array(" HTTP/1.".utf8))
  }

  private static func blind(startLine line: Range<Int>, _ bytes: inout [UInt8]) {
    let target = (bytes[line].firstIndex(of: UInt8(ascii: " ")) ?? line.lowerBound) + 1
    let end = bytes[target..<line.upperBound].firstIndex(of: UInt8(ascii: " ")) ?? line.upperBound
    let query = bytes[target..<end].firstIndex(of: UInt8(ascii: "?")) ?? end
    if query < end { fill(query + 1..<end, &bytes) }
    // An absolute target may name a user, and a password: http://user:password@host/
    guard let scheme = bytes[target..<query].firstRange(of: Array("://".utf8)) else { return }
    let authority = bytes[scheme.upperBound..<query].prefix { $0 != UInt8(ascii: "/") }
    guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else { return }
    fill(authority.startIndex..<at, &bytes)
  }

  private static func fill(_ hidden: Range<Int>, _ bytes: inout [UInt8]) {
    for index in hidden where bytes[index] != UInt8(ascii: "\r") && bytes[index] != UInt8(ascii: " ") {
      bytes[index] = filler
    }
  }
}
