import Limits
import Streams

/// How a message's body ends (RFC 9112 §6).
package enum HTTPBody: Hashable, Sendable {
  case length(UInt64)
  case chunked
  case untilClose
}

package enum HTTPRole: Hashable, Sendable { case request, response }

/// Finds the message heads in one direction of an HTTP/1.x connection. Bodies are passed over.
///
/// A head is answered by `body(_:)` before more bytes are read, because a response's body depends on
/// the request:
///
///     head ──(head read)──▶ decided by the caller ──body(_:)──▶ body ──▶ head
///       └──(not HTTP, or bytes missing)──▶ unsynchronised ──(segment begins with a head)──▶ head
package struct HTTPFramer {
  private enum State {
    case head
    case length(left: UInt64)
    case chunkSize
    case chunkData(left: UInt64)
    case trailer
    case untilClose
    case unsynchronised
  }
  private let role: HTTPRole
  private var state = State.head
  private var line: [UInt8] = []
  /// How many bytes of a head are kept before it is taken for something else.
  package static let maxHeadBytes = Limits.standard.maxHeadBytes
  private static let maxChunkLineBytes = 4096

  package init(_ role: HTTPRole) { self.role = role }

  /// Whether the next byte begins a message.
  package var isBetweenMessages: Bool {
    if case .head = state { return line.isEmpty }
    return false
  }

  /// Whether the head that is being read, and may lack its rest, is that of a 101.
  package var isInsideSwitchingHead: Bool {
    guard case .head = state, line.count >= 12 else { return false }
    return line.prefix(7).elementsEqual("HTTP/1.".utf8) && line[8..<12].elementsEqual(" 101".utf8)
  }

  package var isUnsynchronised: Bool {
    if case .unsynchronised = state { return true }
    return false
  }

  /// - Parameters:
  ///   - bytes: what follows the bytes of the call before; its first byte is a segment's first.
  ///   - index: where to go on in them; moved behind what was used.
  /// - Returns: the next head that is complete; `nil` once all bytes are used.
  package mutating func next(_ bytes: Span<UInt8>, from index: inout Int) -> HTTPHead? {
    while index < bytes.count {
      switch state {
      case .head:
        if let head = takeHead(bytes, from: &index) { return head }
      case .length(let left):
        let used = take(left, of: bytes, from: &index)
        state = used == left ? .head : .length(left: left - used)
      case .chunkData(let left):
        let used = take(left, of: bytes, from: &index)
        state = used == left ? .chunkSize : .chunkData(left: left - used)
      case .chunkSize, .trailer:
        takeChunkLine(bytes, from: &index)
      case .untilClose:
        index = bytes.count
      case .unsynchronised:
        guard index == 0, Self.hasStartLine(bytes, as: role) else {
          index = bytes.count
          return nil
        }
        state = .head
      }
    }
    return nil
  }

  /// Says which body follows the head that `next` returned.
  package mutating func body(_ body: HTTPBody) {
    switch body {
    case .length(0): state = .head
    case .length(let length): state = .length(left: length)
    case .chunked: state = .chunkSize
    case .untilClose: state = .untilClose
    }
  }

  /// Passes over bytes that lie inside a body, all of them.
  ///
  /// - Returns: whether they do; if not, nothing was passed over.
  mutating func passBody(_ count: UInt64) -> Bool {
    switch state {
    case .length(let left) where count < left: state = .length(left: left - count)
    case .chunkData(let left) where count < left: state = .chunkData(left: left - count)
    case .untilClose: break
    default: return false
    }
    return true
  }

  /// Passes over bytes that are missing.
  package mutating func skip(_ count: UInt64) {
    switch state {
    case .length(let left) where count <= left:
      state = count == left ? .head : .length(left: left - count)
    case .chunkData(let left) where count <= left:
      state = count == left ? .chunkSize : .chunkData(left: left - count)
    case .untilClose: break
    default: desynchronise()
    }
  }

  package mutating func desynchronise() {
    state = .unsynchronised
    line = []
  }

  private func take(_ left: UInt64, of bytes: Span<UInt8>, from index: inout Int) -> UInt64 {
    let used = min(left, UInt64(bytes.count - index))
    index += Int(used)
    return used
  }

  private mutating func takeHead(_ bytes: Span<UInt8>, from index: inout Int) -> HTTPHead? {
    // An empty line before a message is passed over (RFC 9112 §2.2).
    while line.isEmpty, index < bytes.count, Self.isLineEnd(bytes[index]) { index += 1 }
    let end = endOfHead(in: bytes, from: index)
    let stop = min(end ?? bytes.count, index + Self.maxHeadBytes + 1)
    line.append(bytes, index..<stop)
    index = stop
    guard line.count <= Self.maxHeadBytes, Self.begins(line.span, as: role) else {
      desynchronise()
      index = bytes.count
      return nil
    }
    guard end != nil else { return nil }
    defer { line = [] }
    return HTTPHead(line)
  }

  /// Behind the empty line that ends the head, of which `line` holds what came before.
  private func endOfHead(in bytes: Span<UInt8>, from start: Int) -> Int? {
    func byte(_ count: Int, before index: Int) -> UInt8 {
      let place = index - start - count
      if place >= 0 { return bytes[start + place] }
      return line.count + place >= 0 ? line[line.count + place] : 0
    }
    var next = start
    while let index = bytes.firstIndex(of: UInt8(ascii: "\n"), from: next) {
      // A line of more than a CR is not empty, as nearly none is.
      let isShort = index - next <= 1
      next = index + 1
      guard isShort else { continue }
      let last = byte(1, before: index)
      if last == UInt8(ascii: "\n") { return next }
      if last == UInt8(ascii: "\r"), byte(2, before: index) == UInt8(ascii: "\n") { return next }
    }
    return nil
  }

  private static func isLineEnd(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "\r") || byte == UInt8(ascii: "\n")
  }

  /// Whether bytes are, as far as they go, the beginning of a message: `HTTP/1.` or a method and a space.
  package static func begins(_ bytes: Span<UInt8>, as role: HTTPRole) -> Bool {
    switch role {
    case .response:
      for index in 0..<min(bytes.count, version.count) where bytes[index] != version[index] { return false }
      return true
    case .request:
      for index in 0..<min(bytes.count, 8) {
        if bytes[index] == UInt8(ascii: " ") { return index >= 3 }
        guard (0x41...0x5a).contains(bytes[index]) else { return false }
      }
      return true
    }
  }

  /// Whether bytes begin with a start line, and not just with capitals: `HTTP/1.`, or a method and a path.
  package static func hasStartLine(_ bytes: Span<UInt8>, as role: HTTPRole) -> Bool {
    guard bytes.count >= 8, begins(bytes, as: role) else { return false }
    guard role == .request else { return true }
    var index = 0
    while index < min(bytes.count, maxMethodLength), (0x41...0x5a).contains(bytes[index]) { index += 1 }
    guard index >= 3, index + 1 < bytes.count, bytes[index] == UInt8(ascii: " ") else { return false }
    if bytes[index + 1] == UInt8(ascii: "/") || bytes[index + 1] == UInt8(ascii: "*") { return true }
    // An absolute target, or that of CONNECT: the version behind it tells.
    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n"), from: 0) else { return false }
    let version = bytes[end - 1] == UInt8(ascii: "\r") ? end - 10 : end - 9
    return version > index
      && zip(" HTTP/1.".utf8, version...).allSatisfy { byte, place in byte == bytes[place] }
  }

  private static let version = Array("HTTP/1.".utf8)
  private static let maxMethodLength = 24

  /// One line of the chunked coding (RFC 9112 §7.1): a size, the end of a chunk, or a trailer field.
  private mutating func takeChunkLine(_ bytes: Span<UInt8>, from index: inout Int) {
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: "\n") { return endChunkLine() }
      if byte != UInt8(ascii: "\r") { line.append(byte) }
      guard line.count <= Self.maxChunkLineBytes else { return desynchronise() }
    }
  }

  private mutating func endChunkLine() {
    defer { line = [] }
    if case .trailer = state {
      if line.isEmpty { state = .head }
      return
    }
    // The empty line that ends a chunk's data.
    guard !line.isEmpty else { return }
    let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != UInt8(ascii: " ") }
    guard let size = UInt64(String(decoding: digits, as: UTF8.self), radix: 16) else {
      return desynchronise()
    }
    state = size == 0 ? .trailer : .chunkData(left: size)
  }
}
