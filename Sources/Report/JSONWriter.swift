import Capture

/// Writes JSON (RFC 8259). Members are written in the order of the calls.
///
/// Rows of 100,000 sessions are hundreds of megabytes: no member makes a `String` of its own, and each is a piece or two
/// of the buffer.
struct JSONWriter {
  private(set) var buffer: TextBuffer
  private let isIndented: Bool
  private var depth = 0
  private var needsComma = false
  private var second = TimeText.Second()

  /// - Parameters:
  ///   - isIndented: one member a line, for people; else all in one line.
  ///   - buffer: what was written before; the rest is appended.
  init(isIndented: Bool, after buffer: consuming TextBuffer = TextBuffer()) {
    self.isIndented = isIndented
    self.buffer = buffer
  }

  mutating func object(_ key: StaticString? = nil, _ body: (inout JSONWriter) -> Void) {
    nest(key, UInt8(ascii: "{"), UInt8(ascii: "}"), body)
  }

  mutating func array<S: Sequence>(
    _ key: StaticString? = nil, _ elements: S, _ body: (inout JSONWriter, S.Element) -> Void
  ) {
    nest(key, UInt8(ascii: "["), UInt8(ascii: "]")) { writer in
      for element in elements { body(&writer, element) }
    }
  }

  mutating func field(_ key: StaticString? = nil, _ value: String?) {
    guard let value else { return null(key) }
    let span = value.utf8Span.span
    guard span.isPlainText else { return escaped(key, value) }
    quoted(key, span.count) { $0.put(span, at: $1) }
  }

  mutating func field(_ key: StaticString? = nil, _ value: UInt64?) {
    guard let value else { return null(key) }
    let digits = value.decimalDigits
    member(key, digits) { $0.put(decimal: value, digits: digits, at: $1) }
  }

  mutating func field(_ key: StaticString? = nil, _ value: Bool?) {
    guard let value else { return null(key) }
    member(key, value ? "true" : "false")
  }

  mutating func field(_ key: StaticString? = nil, _ text: JSONText?) {
    guard let text else { return null(key) }
    member(key, text.bytes.count) { $0.put(text.bytes.span, at: $1) }
  }

  /// A word of the report's own: printable ASCII without quotation mark and backslash.
  mutating func field(_ key: StaticString, word: StaticString?) {
    guard let word else { return null(key) }
    quoted(key, word.utf8CodeUnitCount) { $0.put(word, at: $1) }
  }

  /// An end of a connection, as `Endpoint.description` has it.
  mutating func field(_ key: StaticString? = nil, _ value: Endpoint) {
    guard let text = EndpointText(value) else { return field(key, value.description) }
    quoted(key, text.length) { text.put(in: &$0, at: $1) }
  }

  mutating func field(_ key: StaticString? = nil, _ time: Timestamp?, as text: TimeText) {
    guard let time else { return null(key) }
    let fraction = second.move(to: time)
    let second = second
    quoted(key, text.length) { text.put(second, fraction, in: &$0, at: $1) }
  }

  /// Seconds, with at most nanoseconds.
  mutating func seconds(_ key: StaticString? = nil, _ value: Double?) {
    guard let value, value.isFinite, abs(value) < 1e9 else { return null(key) }
    let nanoseconds = UInt64((abs(value) * 1e9).rounded())
    let (whole, sign) = (nanoseconds / 1_000_000_000, value < 0 ? 1 : 0)
    var (fraction, width) = (nanoseconds % 1_000_000_000, 9)
    while width > 1, fraction.isMultiple(of: 10) { (fraction, width) = (fraction / 10, width - 1) }
    let digits = whole.decimalDigits
    member(key, sign + digits + 1 + width) { room, start in
      room[start] = UInt8(ascii: "-")
      room.put(decimal: whole, digits: digits, at: start + sign)
      room[start + sign + digits] = UInt8(ascii: ".")
      room.put(decimal: fraction, digits: width, at: start + sign + digits + 1)
    }
  }

  /// A member whose name is data.
  mutating func field(name: String, _ value: UInt64) {
    separate()
    string(name)
    raw(isIndented ? ": " : ":")
    buffer.append(decimal: value)
  }

  mutating func endLine() { raw("\n") }

  /// Takes out what was written.
  mutating func takeBytes() -> [UInt8] { buffer.takeBytes() }

  private mutating func nest(
    _ key: StaticString?, _ open: UInt8, _ close: UInt8, _ body: (inout JSONWriter) -> Void
  ) {
    member(key, 1) { $0[$1] = open }
    let start = buffer.count
    depth += 1
    needsComma = false
    body(&self)
    depth -= 1
    if buffer.count > start { breakLine() }
    buffer.append(close)
    needsComma = true
  }

  private mutating func begin(_ key: StaticString?) {
    separate()
    guard let key else { return }
    raw("\"")
    raw(key)
    raw(isIndented ? "\": " : "\":")
  }

  /// A member, or an element of an array, of which so many bytes are known to follow the name. On a line it is one
  /// piece: `,"key":value`
  @inline(__always)
  private mutating func member(
    _ key: StaticString?, _ count: Int, _ value: (inout MutableSpan<UInt8>, Int) -> Void
  ) {
    guard !isIndented, let key else {
      begin(key)
      return buffer.write(count, value)
    }
    let name = (needsComma ? 1 : 0) + 1
    needsComma = true
    buffer.write(name + key.utf8CodeUnitCount + 2 + count) { room, start in
      room[start] = UInt8(ascii: ",")
      room[start + name - 1] = UInt8(ascii: "\"")
      room.put(key, at: start + name)
      let end = start + name + key.utf8CodeUnitCount
      room[end] = UInt8(ascii: "\"")
      room[end + 1] = UInt8(ascii: ":")
      value(&room, end + 2)
    }
  }

  private mutating func member(_ key: StaticString?, _ value: StaticString) {
    member(key, value.utf8CodeUnitCount) { $0.put(value, at: $1) }
  }

  private mutating func null(_ key: StaticString?) { member(key, "null") }

  /// - Parameter text: writes as many bytes, and no quotation mark.
  @inline(__always)
  private mutating func quoted(
    _ key: StaticString?, _ count: Int, _ text: (inout MutableSpan<UInt8>, Int) -> Void
  ) {
    member(key, count + 2) { room, start in
      room[start] = UInt8(ascii: "\"")
      text(&room, start + 1)
      room[start + 1 + count] = UInt8(ascii: "\"")
    }
  }

  private mutating func separate() {
    if needsComma { raw(",") }
    if depth > 0 { breakLine() }
    needsComma = true
  }

  private mutating func breakLine() {
    guard isIndented else { return }
    raw("\n")
    buffer.append(UInt8(ascii: " "), repeated: depth * 2)
  }

  private mutating func raw(_ text: StaticString) { buffer.append(text) }

  private mutating func escaped(_ key: StaticString?, _ text: String) {
    begin(key)
    string(text)
  }

  private mutating func string(_ text: String) {
    raw("\"")
    escaped(text)
    raw("\"")
  }

  /// What a terminal would act on is escaped, too: it means the same to every reader of JSON.
  private mutating func escaped(_ text: String) {
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": raw("\\\"")
      case "\\": raw("\\\\")
      case "\n": raw("\\n")
      case " "..."~": buffer.append(UInt8(truncatingIfNeeded: scalar.value))
      default:
        if !scalar.isASCII || scalar.value < 0x20 || scalar.value == 0x7f, Escape.isUnsafe(scalar) {
          for unit in String(scalar).utf16 { escape(unit) }
        } else {
          buffer.append(String(scalar))
        }
      }
    }
  }

  private mutating func escape(_ unit: UInt16) {
    raw("\\u")
    for shift in [12, 8, 4, 0] {
      let digit = UInt8(truncatingIfNeeded: unit >> UInt16(shift)) & 0xf
      buffer.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
    }
  }
}

/// A string as JSON has it, for what is written again and again.
struct JSONText {
  fileprivate let bytes: [UInt8]

  init(_ text: String) {
    var writer = JSONWriter(isIndented: false)
    writer.field(nil, text)
    bytes = writer.takeBytes()
  }
}
