import Capture

/// Text as bytes, to be written: reports of many sessions are put together in it.
///
/// An `Array` asks for its room anew with every byte; here a piece is one comparison and one copy.
@safe
package struct TextBuffer {
  /// Only the first `count` bytes mean something.
  private var storage: [UInt8]
  package private(set) var count = 0

  /// - Parameter capacity: room that is made at once; 0 for what is short.
  package init(capacity: Int = 0) { storage = Array(repeating: 0, count: capacity) }

  package func withSpan<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
    try body(storage.span.extracting(first: count))
  }

  /// Takes out what it holds, without a copy: a report may be as large as the memory allows.
  package mutating func takeBytes() -> [UInt8] {
    var bytes: [UInt8] = []
    swap(&bytes, &storage)
    bytes.removeLast(bytes.count - count)
    count = 0
    return bytes
  }

  package mutating func removeAll() { count = 0 }

  package mutating func append(_ byte: UInt8) { write(1) { $0[$1] = byte } }

  package mutating func append(_ byte: UInt8, repeated times: Int) {
    for _ in 0..<times { append(byte) }
  }

  package mutating func append(_ text: String) { append(text.utf8Span.span) }

  package mutating func append(_ text: Span<UInt8>) { write(text.count) { $0.put(text, at: $1) } }

  package mutating func append(_ text: StaticString) {
    write(text.utf8CodeUnitCount) { $0.put(text, at: $1) }
  }

  /// - Parameter width: at least as many digits, zeros in front; at most 20.
  package mutating func append(decimal number: UInt64, width: Int = 1) {
    let digits = max(number.decimalDigits, min(width, 20))
    write(digits) { $0.put(decimal: number, digits: digits, at: $1) }
  }

  private static let leastRoom = 256

  /// Writes so many bytes at the end. Room is made once for all of them.
  ///
  /// - Parameter body: gets the room, and where in it the end is.
  @inline(__always)
  mutating func write(_ more: Int, _ body: (inout MutableSpan<UInt8>, Int) -> Void) {
    if storage.count - count < more { grow(more) }
    let start = count
    count += more
    var room = storage.mutableSpan
    body(&room, start)
  }

  @inline(never)
  private mutating func grow(_ more: Int) {
    storage += repeatElement(0, count: max(storage.count, more, Self.leastRoom))
  }
}

extension MutableSpan<UInt8> {
  /// A text that is short, as most are, is copied as two words that may overlap: a call would cost more.
  @inline(__always)
  mutating func put(_ text: Span<UInt8>, at start: Int) {
    let count = text.count
    // SAFETY: the range is checked, what is loaded and stored lies in it, and a span that is changed shares its bytes with
    // no other.
    unsafe withUnsafeMutableBytes { room in
      let room = unsafe UnsafeMutableRawBufferPointer(rebasing: room[start..<start + count])
      unsafe text.withUnsafeBytes { text in
        func copy<Word: BitwiseCopyable>(_: Word.Type, at offset: Int) {
          unsafe room.storeBytes(
            of: text.loadUnaligned(fromByteOffset: offset, as: Word.self), toByteOffset: offset, as: Word.self
          )
        }
        switch count {
        case 8...16:
          copy(UInt64.self, at: 0)
          copy(UInt64.self, at: count - 8)
        case 4..<8:
          copy(UInt32.self, at: 0)
          copy(UInt32.self, at: count - 4)
        default: unsafe room.copyMemory(from: text)
        }
      }
    }
  }

  @inline(__always)
  mutating func put(_ text: StaticString, at start: Int) {
    // SAFETY: a StaticString's bytes live as long as the program.
    put(unsafe Span(_unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount), at: start)
  }

  /// - Parameter digits: how many to write: as many as the number has, or more.
  @inline(__always)
  mutating func put(decimal number: UInt64, digits: Int, at start: Int) {
    var (rest, place) = (number, start + digits)
    while place > start {
      place -= 1
      self[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }
}

extension UInt64 {
  var decimalDigits: Int {
    switch self {
    case ..<10: 1
    case ..<100: 2
    case ..<1_000: 3
    case ..<10_000: 4
    case ..<100_000: 5
    default: 5 + (self / 100_000).decimalDigits
    }
  }
}

extension Span<UInt8> {
  /// Whether it is printable ASCII without quotation mark and backslash: a text that stands for itself in JSON.
  var isPlainText: Bool {
    var start = 0
    while start < count - 8 {
      if !Self.isPlain(littleEndian64(at: start)) { return false }
      start += 8
    }
    if count >= 8 { return Self.isPlain(littleEndian64(at: count - 8)) }
    // What fills up the word is plain.
    var word: UInt64 = 0x2020_2020_2020_2020
    for index in indices { word = word << 8 | UInt64(self[index]) }
    return Self.isPlain(word)
  }

  /// Looks at 8 bytes at once. What is subtracted from a byte borrows from its highest bit if the byte is less; a byte
  /// that is equal to another is 0 when both are combined, and less than 1.
  private static func isPlain(_ word: UInt64) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    func below(_ limit: UInt64, _ word: UInt64) -> UInt64 { (word &- ones &* limit) & ~word }
    let quotes = below(1, word ^ ones &* UInt64(UInt8(ascii: "\"")))
    let backslashes = below(1, word ^ ones &* UInt64(UInt8(ascii: "\\")))
    // 0x7f becomes 0x80; what is more has the highest bit already.
    let high = word | (word &+ ones)
    return (below(0x20, word) | quotes | backslashes | high) & (ones &* 0x80) == 0
  }
}
