/// Writes JSON (RFC 8259) into a byte buffer. Members are written in the order of the calls.
struct JSONWriter {
  private(set) var bytes: [UInt8] = []
  private let isIndented: Bool
  private var depth = 0
  private var needsComma = false

  /// - Parameter isIndented: one member a line, for people; else all in one line.
  init(isIndented: Bool) { self.isIndented = isIndented }

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
    raw(value.map(String.init) ?? "null")
  }

  mutating func field(_ key: StaticString? = nil, _ value: Bool?) {
    begin(key)
    raw(value.map { $0 ? "true" : "false" } ?? "null")
  }

  /// Seconds, with at most nanoseconds.
  mutating func seconds(_ key: StaticString? = nil, _ value: Double?) {
    begin(key)
    guard let value, value.isFinite, abs(value) < 1e9 else { return raw("null") }
    let nanoseconds = UInt64((abs(value) * 1e9).rounded())
    var fraction = String(nanoseconds % 1_000_000_000 + 1_000_000_000).dropFirst()
    while fraction.count > 1, fraction.last == "0" { fraction.removeLast() }
    raw("\(value < 0 ? "-" : "")\(nanoseconds / 1_000_000_000).\(fraction)")
  }

  /// A member whose name is data.
  mutating func field(name: String, _ value: UInt64) {
    separate()
    string(name)
    raw(isIndented ? ": " : ":")
    raw(String(value))
  }

  mutating func endLine() { bytes.append(UInt8(ascii: "\n")) }

  private mutating func nest(
    _ open: StaticString, _ close: StaticString, _ body: (inout JSONWriter) -> Void
  ) {
    raw(open)
    let start = bytes.count
    depth += 1
    needsComma = false
    body(&self)
    depth -= 1
    if bytes.count > start { breakLine() }
    raw(close)
    needsComma = true
  }

  private mutating func begin(_ key: StaticString?) {
    separate()
    guard let key else { return }
    raw("\"")
    raw(key)
    raw(isIndented ? "\": " : "\":")
  }

  private mutating func separate() {
    if needsComma { raw(",") }
    if depth > 0 { breakLine() }
    needsComma = true
  }

  private mutating func breakLine() {
    guard isIndented else { return }
    bytes.append(UInt8(ascii: "\n"))
    bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: depth * 2))
  }

  private mutating func raw(_ text: StaticString) {
    text.withUTF8Buffer { buffer in unsafe bytes.append(contentsOf: buffer) }
  }

  private mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

  /// What a terminal would act on is escaped, too: it means the same to every reader of JSON.
  private mutating func string(_ text: String) {
    raw("\"")
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": raw("\\\"")
      case "\\": raw("\\\\")
      case "\n": raw("\\n")
      default:
        if !scalar.isASCII || scalar.value < 0x20 || scalar.value == 0x7f, Escape.isUnsafe(scalar) {
          for unit in String(scalar).utf16 { escape(unit) }
        } else {
          bytes.append(contentsOf: String(scalar).utf8)
        }
      }
    }
    raw("\"")
  }

  private mutating func escape(_ unit: UInt16) {
    raw("\\u" + String(UInt32(unit) + 0x10000, radix: 16).dropFirst())
  }
}
