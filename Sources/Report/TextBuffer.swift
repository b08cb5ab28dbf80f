import Capture

/// Text as bytes, to be written: reports of many sessions are put together in it.
///
/// An `Array` asks with every change whether it is shared. This is not, and a piece is one comparison and one copy.
@safe
package struct TextBuffer: ~Copyable {
  /// Nobody else's; the first `count` bytes are initialized.
  private var start: UnsafeMutableRawPointer
  private var capacity: Int
  package private(set) var count = 0

  /// - Parameter capacity: room that is made at once; 0 for what is short.
  package init(capacity: Int = 0) {
    self.capacity = capacity
    unsafe start = .allocate(byteCount: capacity, alignment: 1)
  }

  deinit { unsafe start.deallocate() }

  package func withSpan<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
    // SAFETY: as many bytes are initialized, and they do not change while the buffer is borrowed.
    try unsafe body(Span(_unsafeStart: start.assumingMemoryBound(to: UInt8.self), count: count))
  }

  /// Takes out what it holds.
  package mutating func takeBytes() -> [UInt8] {
    // SAFETY: as many bytes are initialized.
    let bytes = unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
    count = 0
    return bytes
  }

  package mutating func removeAll() { count = 0 }

  /// Takes back the last byte if it is that one.
  mutating func removeLast(_ byte: UInt8) {
    // SAFETY: `count` bytes are initialized.
    if count > 0, unsafe start.load(fromByteOffset: count - 1, as: UInt8.self) == byte { count -= 1 }
  }

  package mutating func append(_ byte: UInt8) { write(atMost: 1) { $0.put(byte) } }

  package mutating func append(_ byte: UInt8, repeated times: Int) {
    write(atMost: times) { room in
      for _ in 0..<times { room.put(byte) }
    }
  }

  package mutating func append(_ text: String) { append(text.utf8.span) }

  package mutating func append(_ text: Span<UInt8>) { write(atMost: text.count) { $0.put(text) } }

  package mutating func append(_ text: StaticString) {
    write(atMost: text.utf8CodeUnitCount) { $0.put(text) }
  }

  /// - Parameter width: at least as many digits, zeros in front; at most 20.
  package mutating func append(decimal number: UInt64, width: Int = 1) {
    write(atMost: TextRoom.decimalDigits) { room in
      room.put(decimal: number, digits: max(number.decimalDigits, min(width, TextRoom.decimalDigits)))
    }
  }

  /// Writes at the end. Room is made once, for all of what is written.
  @inline(__always)
  mutating func write(atMost more: Int, _ body: (inout TextRoom) -> Void) {
    if capacity - count < more { grow(more) }
    // SAFETY: the room lies in the buffer, and nobody else knows of it while it is written to.
    var room = unsafe TextRoom(start + count, more)
    body(&room)
    unsafe count += room.written(since: start + count)
  }

  private static let leastRoom = 256

  @inline(never)
  private mutating func grow(_ more: Int) {
    capacity += max(capacity, more, Self.leastRoom)
    let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 1)
    // SAFETY: `count` bytes are initialized, and the new room is larger.
    unsafe larger.copyMemory(from: start, byteCount: count)
    unsafe start.deallocate()
    unsafe start = larger
  }
}

/// Room for some bytes at the end of a buffer, written from front to back. What does not fit traps.
@safe
struct TextRoom: ~Copyable {
  private var next: UnsafeMutableRawPointer
  private var left: Int
  /// The most that a number has.
  static let decimalDigits = 20

  @inline(__always)
  fileprivate init(_ start: UnsafeMutableRawPointer, _ count: Int) {
    unsafe next = start
    left = count
  }

  @inline(__always)
  fileprivate func written(since start: UnsafeMutableRawPointer) -> Int { unsafe next - start }

  /// - Returns: where the next bytes go.
  @inline(__always)
  private mutating func take(_ count: Int) -> UnsafeMutableRawPointer {
    precondition(count >= 0 && count <= left)
    left &-= count
    defer { unsafe next += count }
    return unsafe next
  }

  @inline(__always)
  mutating func put(_ byte: UInt8) {
    // SAFETY: `take` checks that a byte is left.
    unsafe take(1).storeBytes(of: byte, as: UInt8.self)
  }

  @inline(__always)
  mutating func put(_ first: UInt8, _ second: UInt8) {
    // SAFETY: `take` checks that two bytes are left.
    unsafe take(2).storeBytes(of: (UInt16(second) << 8 | UInt16(first)).littleEndian, as: UInt16.self)
  }

  /// A text that is short, as most are, is copied as two words that may overlap: a call would cost more.
  @inline(__always)
  mutating func put(_ text: Span<UInt8>) {
    let count = text.count
    // SAFETY: `take` checks that as many bytes are left. What is loaded lies in the text and what is stored in the room:
    // a word is at most as long as the text.
    let room = unsafe take(count)
    unsafe text.withUnsafeBytes { text in
      @inline(__always)
      func copy<Word: BitwiseCopyable>(_: Word.Type) {
        let last = count &- MemoryLayout<Word>.size
        let words = unsafe (
          text.loadUnaligned(as: Word.self), text.loadUnaligned(fromByteOffset: last, as: Word.self)
        )
        unsafe room.storeBytes(of: words.0, as: Word.self)
        unsafe room.storeBytes(of: words.1, toByteOffset: last, as: Word.self)
      }
      switch count {
      case 8...16: copy(UInt64.self)
      case 4..<8: copy(UInt32.self)
      case 17...32: copy(SIMD16<UInt8>.self)
      case 2..<4: copy(UInt16.self)
      case 1...:
        if let start = text.baseAddress { unsafe room.copyMemory(from: start, byteCount: count) }
      default: break
      }
    }
  }

  @inline(__always)
  mutating func put(_ text: StaticString) { put(text, first: text.utf8CodeUnitCount) }

  /// - Parameter count: how many of its bytes.
  @inline(__always)
  mutating func put(_ text: StaticString, first count: Int) {
    // SAFETY: a StaticString's bytes live as long as the program.
    let bytes = unsafe Span(_unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount)
    put(bytes.extracting(0..<count))
  }

  @inline(__always)
  mutating func put(decimal number: UInt64) { put(decimal: number, digits: number.decimalDigits) }

  /// - Parameter digits: how many to write: as many as the number has, or more.
  @inline(__always)
  mutating func put(decimal number: UInt64, digits: Int) {
    switch digits {
    case ...0: break
    case 1: put(UInt8(truncatingIfNeeded: number) | UInt8(ascii: "0"))
    case ...8: put(number.eightDigits, last: digits)
    default: put(decimal: number, ofMany: digits)
    }
  }

  /// - Parameter digits: more than 8.
  @inline(never)
  private mutating func put(decimal number: UInt64, ofMany digits: Int) {
    let (head, tail) = number.quotientAndRemainder(dividingBy: 100_000_000)
    put(decimal: head, digits: digits - 8)
    put(tail.eightDigits, last: 8)
  }

  /// - Parameters:
  ///   - text: eight bytes, the first one lowest.
  ///   - count: how many of them to write, 8 at most.
  @inline(__always)
  private mutating func put(_ text: UInt64, last count: Int) {
    var rest = text >> UInt64(truncatingIfNeeded: 8 * (8 - count))
    // SAFETY: `take` checks that as many bytes are left as a word is long.
    func put<Word: FixedWidthInteger>(_: Word.Type) {
      unsafe take(MemoryLayout<Word>.size).storeBytes(
        of: Word(truncatingIfNeeded: rest).littleEndian, as: Word.self)
      rest >>= UInt64(truncatingIfNeeded: Word.bitWidth)
    }
    if count & 8 != 0 { return put(UInt64.self) }
    if count & 4 != 0 { put(UInt32.self) }
    if count & 2 != 0 { put(UInt16.self) }
    if count & 1 != 0 { put(UInt8.self) }
  }
}

extension UInt64 {
  @inline(__always)
  var decimalDigits: Int {
    switch self {
    case ..<10: 1
    case ..<100: 2
    case ..<1_000: 3
    case ..<10_000: 4
    case ..<100_000: 5
    default: digitsOfMany
    }
  }

  @inline(never)
  private var digitsOfMany: Int {
    var (rest, digits) = (self / 100_000, 6)
    while rest >= 10 { (rest, digits) = (rest / 10, digits + 1) }
    return digits
  }

  /// The digits of a number below 100,000,000 as text, zeros in front, the first one in the lowest byte. All at once: a
  /// word is two numbers of four digits, then four of two digits, then eight of one. To multiply and shift is to divide
  /// here.
  fileprivate var eightDigits: UInt64 {
    let fours = self / 10_000 | (self % 10_000) << 32
    let hundreds = ((fours &* 10_486) >> 20) & 0x7f_0000_007f
    let twos = hundreds | (fours &- hundreds &* 100) << 16
    let tens = ((twos &* 103) >> 10) & 0x000f_000f_000f_000f
    let ones = tens | (twos &- tens &* 10) << 8
    return ones | 0x3030_3030_3030_3030
  }
}

extension Span<UInt8> {
  /// Whether all of it is plain.
  @inline(__always)
  var isPlainText: Bool { plainCount == count }

  /// How many bytes, from the first on, are printable ASCII without quotation mark and backslash: a text that stands
  /// for itself in JSON.
  @inline(__always)
  var plainCount: Int {
    var start = 0
    while start < count - 8 {
      let marks = Self.marks(littleEndian64(at: start))
      if marks != 0 { return start + marks.trailingZeroBitCount / 8 }
      start += 8
    }
    if count >= 8 {
      if Self.marks(littleEndian64(at: count - 8)) == 0 { return count }
    } else if count >= 4 {
      let (first, last): (UInt32, UInt32) = (load(at: 0), load(at: count - 4))
      if Self.marks(UInt64(first) << 32 | UInt64(last)) == 0 { return count }
    }
    while start < count, self[start].isPlainText { start += 1 }
    return start
  }

  var isASCII: Bool {
    var start = 0
    while start <= count - 8 {
      if littleEndian64(at: start) & 0x8080_8080_8080_8080 != 0 { return false }
      start += 8
    }
    while start < count {
      if self[start] >= 0x80 { return false }
      start += 1
    }
    return true
  }

  /// Looks at 8 bytes at once: the highest bit of the first that is not plain is the first that is set. What is
  /// subtracted from a byte borrows from its highest bit if the byte is less; a byte that is equal to another is 0 when
  /// both are combined, and less than 1.
  @inline(__always)
  private static func marks(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    func below(_ limit: UInt64, _ word: UInt64) -> UInt64 { (word &- ones &* limit) & ~word }
    let quotes = below(1, word ^ ones &* UInt64(UInt8(ascii: "\"")))
    let backslashes = below(1, word ^ ones &* UInt64(UInt8(ascii: "\\")))
    // 0x7f becomes 0x80; what is more has the highest bit already.
    let high = word | (word &+ ones)
    return (below(0x20, word) | quotes | backslashes | high) & (ones &* 0x80)
  }
}

extension UInt8 {
  /// Whether it is such a byte of a text.
  var isPlainText: Bool {
    (0x20..<0x7f).contains(self) && self != UInt8(ascii: "\"") && self != UInt8(ascii: "\\")
  }
}
