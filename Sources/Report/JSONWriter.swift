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
    begin(key)
    nest("{", "}", body)
  }

  mutating func array<S: Sequence>(
    _ key: StaticString? = nil, _ elements: S, _ body: (inout JSONWriter, S.Element) -> Void
  ) {
    begin(key)
    nest("[", "]") { writer in
      for element in elements { body(&writer, element) }
    }
  }

  mutating func field(_ key: StaticString? = nil, _ value: String?) {
    begin(key)
    guard let value else { return raw("null") }
    string(value)
  }

  mutating func field(_ key: StaticString? = nil, _ value: UInt64?) {
    begin(key)
    guard let value else { return raw("null") }
    buffer.append(decimal: value)
  }

  mutating func field(_ key: StaticString? = nil, _ value: Bool?) {
    begin(key)
    raw(value.map { $0 ? "true" : "false" } ?? "null")
  }

  mutating func field(_ key: StaticString? = nil, _ text: JSONText?) {
    begin(key)
    guard let text else { return raw("null") }
    buffer.append(text.bytes.span)
  }

  /// A word of the report's own: printable ASCII without quotation mark and backslash.
  mutating func field(_ key: StaticString, word: StaticString?) {
    begin(key)
    guard let word else { return raw("null") }
    buffer.append(quoted: word)
  }

  /// An end of a connection, as `Endpoint.description` has it.
  mutating func field(_ key: StaticString? = nil, _ value: Endpoint) {
    begin(key)
    raw("\"")
    buffer.append(value)
    raw("\"")
  }

  mutating func field(_ key: StaticString? = nil, _ time: Timestamp?, as text: TimeText) {
    begin(key)
    guard let time else { return raw("null") }
    raw("\"")
    text.append(time, to: &buffer, &second)
    raw("\"")
  }

  /// Seconds, with at most nanoseconds.
  mutating func seconds(_ key: StaticString? = nil, _ value: Double?) {
    begin(key)
    guard let value, value.isFinite, abs(value) < 1e9 else { return raw("null") }
    let nanoseconds = UInt64((abs(value) * 1e9).rounded())
    if value < 0 { raw("-") }
    buffer.append(decimal: nanoseconds / 1_000_000_000)
    raw(".")
    var (fraction, width) = (nanoseconds % 1_000_000_000, 9)
    while width > 1, fraction.isMultiple(of: 10) {
      fraction /= 10
      width -= 1
    }
    buffer.append(decimal: fraction, width: width)
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
    _ open: StaticString, _ close: StaticString, _ body: (inout JSONWriter) -> Void
  ) {
    raw(open)
    let start = buffer.count
    depth += 1
    needsComma = false
    body(&self)
    depth -= 1
    if buffer.count > start { breakLine() }
    raw(close)
    needsComma = true
  }

  private mutating func begin(_ key: StaticString?) {
    guard !isIndented, let key else { return beginApart(key) }
    buffer.append(member: key, hasComma: needsComma)
    needsComma = true
  }

  private mutating func beginApart(_ key: StaticString?) {
    separate()
    guard let key else { return }
    buffer.append(quoted: key)
    raw(isIndented ? ": " : ":")
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

  private mutating func string(_ text: String) {
    let span = text.utf8Span.span
    if span.isPlainText { return buffer.append(quoted: span) }
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
