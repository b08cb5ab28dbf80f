import Capture

/// Text as bytes, to be written: reports of many sessions are put together in it.
///
/// An `Array` asks for its room anew with every piece; here a piece is one comparison and one copy.
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

  package mutating func append(_ text: StaticString) {
    // SAFETY: a StaticString's bytes live as long as the program.
    append(unsafe Span(_unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  package mutating func append(_ text: Span<UInt8>) {
    reserve(text.count)
    let start = count
    // SAFETY: `reserve` made room for as many bytes behind `start`, and the text lies in another buffer.
    unsafe storage.withUnsafeMutableBytes { room in
      unsafe text.withUnsafeBytes { bytes in
        unsafe UnsafeMutableRawBufferPointer(rebasing: room[start...]).copyMemory(from: bytes)
      }
    }
    count += text.count
  }

  package mutating func append(_ text: String) { append(text.utf8Span.span) }

  /// A text between quotation marks.
  mutating func append(quoted text: Span<UInt8>) {
    reserve(text.count + 2)
    var end = count
    var room = storage.mutableSpan
    room[end] = UInt8(ascii: "\"")
    for index in text.indices {
      end += 1
      room[end] = text[index]
    }
    room[end + 1] = UInt8(ascii: "\"")
    count = end + 2
  }

  mutating func append(quoted text: StaticString) {
    // SAFETY: a StaticString's bytes live as long as the program.
    append(quoted: unsafe Span(_unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  package mutating func append(_ byte: UInt8) {
    reserve(1)
    storage[count] = byte
    count += 1
  }

  package mutating func append(_ byte: UInt8, repeated times: Int) {
    for _ in 0..<times { append(byte) }
  }

  /// - Parameter width: at least as many digits, zeros in front; at most 20.
  package mutating func append(decimal number: UInt64, width: Int = 1) {
    reserve(20)
    let digits = max(Self.digits(number), min(width, 20))
    var (rest, index) = (number, count + digits)
    for _ in 0..<digits {
      index -= 1
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      storage[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: digit)
      rest = quotient
    }
    count += digits
  }

  private static func digits(_ number: UInt64) -> Int {
    var (digits, rest) = (1, number / 10)
    while rest > 0 { (digits, rest) = (digits + 1, rest / 10) }
    return digits
  }

  private static let leastRoom = 256

  private mutating func reserve(_ more: Int) {
    guard storage.count - count < more else { return }
    storage += repeatElement(0, count: max(storage.count, more, Self.leastRoom))
  }
}

extension TextBuffer {
  /// As `Endpoint.description` has it.
  mutating func append(_ endpoint: Endpoint) {
    guard endpoint.address.isIPv4 else { return append(endpoint.description) }
    for shift in stride(from: UInt64(24), through: 0, by: -8) {
      append(decimal: (endpoint.address.low >> shift) & 0xff)
      append(shift > 0 ? "." : ":")
    }
    append(decimal: UInt64(endpoint.port))
  }
}
