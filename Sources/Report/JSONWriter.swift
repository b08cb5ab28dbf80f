import Capture

/// Writes JSON (RFC 8259). Members are written in the order of the calls.
///
/// Rows of 100,000 sessions are hundreds of megabytes: no member makes a `String` of its own, and each is one piece of
/// the buffer. A comma stands behind each member, and what ends there takes it back.
struct JSONWriter: ~Copyable {
  private var buffer: TextBuffer
  private let isIndented: Bool
  /// Objects and arrays that are open.
  private(set) var depth: Int
  private var second = TimeText.Second()

  /// - Parameters:
  ///   - isIndented: one member a line, for people; else all in one line.
  ///   - depth: objects and arrays that are open where it begins.
  ///   - buffer: what was written before; the rest is appended.
  init(isIndented: Bool, depth: Int = 0, after buffer: consuming TextBuffer = TextBuffer()) {
    self.isIndented = isIndented
    self.depth = depth
    self.buffer = buffer
  }

  @inline(__always)
  mutating func object(_ key: StaticString? = nil, _ body: (inout JSONWriter) -> Void) {
    begin(key)
    open(UInt8(ascii: "{"))
    body(&self)
    close(UInt8(ascii: "}"))
  }

  @inline(__always)
  mutating func array<Element>(
    _ key: StaticString? = nil, _ elements: [Element], _ body: (inout JSONWriter, borrowing Element) -> Void
  ) {
    begin(key)
    open(UInt8(ascii: "["))
    // A span lends its elements; an array would hand out copies.
    let elements = elements.span
    for index in elements.indices { body(&self, elements[index]) }
    close(UInt8(ascii: "]"))
  }

  /// An array whose elements are not at hand as a sequence.
  @inline(__always)
  mutating func array(_ key: StaticString, _ body: (inout JSONWriter) -> Void) {
    begin(key)
    open(UInt8(ascii: "["))
    body(&self)
    close(UInt8(ascii: "]"))
  }

  @inline(__always)
  mutating func field(_ key: StaticString? = nil, _ value: String?) {
    begin(key)
    put(value)
  }

  @inline(__always)
  mutating func field(_ key: StaticString? = nil, _ value: UInt64?) {
    begin(key)
    put(value)
  }

  /// A number as a string.
  @inline(__always)
  mutating func field(_ key: StaticString, quoted value: UInt64) {
    begin(key)
    quoted(TextRoom.decimalDigits) { $0.put(decimal: value) }
  }

  @inline(__always)
  mutating func field(_ key: StaticString? = nil, _ value: Bool?) {
    begin(key)
    literal(value.map { $0 ? "true" : "false" } ?? "null")
  }

  @inline(__always)
  mutating func field(_ key: StaticString? = nil, _ text: JSONText?) {
    begin(key)
    if let text { put(text.bytes.span) } else { literal("null") }
  }

  /// A word of the report's own: printable ASCII without quotation mark and backslash.
  @inline(__always)
  mutating func field(_ key: StaticString, word: StaticString?) {
    begin(key)
    if let word { quoted(word.utf8CodeUnitCount) { $0.put(word) } } else { literal("null") }
  }

  /// An end of a connection, as `Endpoint.description` has it.
  @inline(__always)
  mutating func field(_ key: StaticString? = nil, _ value: Endpoint) {
    begin(key)
    put(value)
  }

  @inline(__always)
  mutating func field(_ key: StaticString? = nil, _ time: Timestamp?, as text: TimeText) {
    begin(key)
    put(time, as: text)
  }

  /// Seconds, with at most nanoseconds.
  @inline(__always)
  mutating func seconds(_ key: StaticString? = nil, _ value: Double?) {
    begin(key)
    put(seconds: value)
  }

  /// The members that tell where a packet is. Sessions tell it of dozens, and so it is one piece.
  mutating func place(_ packet: PacketReference, as text: TimeText, in source: JSONText) {
    guard !isIndented else {
      field("at", packet.time, as: text)
      field("packet", packet.number)
      return field("capture", source)
    }
    let fraction = second.move(to: packet.time)
    let source = source.bytes.span
    buffer.write(atMost: 48 + text.length + TextRoom.decimalDigits + source.count) { [second] room in
      room.put("\"at\":\"")
      text.put(second, fraction, in: &room)
      room.put("\",\"packet\":")
      room.put(decimal: packet.number)
      room.put(",\"capture\":")
      room.put(source)
      room.put(Self.comma)
    }
  }

  /// A member whose name is data.
  mutating func field(name: String, _ value: UInt64) {
    begin(nil)
    put(name)
    buffer.removeLast(Self.comma)
    raw(isIndented ? ": " : ":")
    buffer.append(decimal: value)
    buffer.append(Self.comma)
  }

  mutating func endLine() {
    buffer.removeLast(Self.comma)
    raw("\n")
  }

  /// Hands over what was written so far, and elements of an array, each with its comma, that another writer wrote at
  /// this depth; not the last comma, which may have to be taken back.
  mutating func passOn(elements: Span<UInt8>, _ write: (Span<UInt8>) -> Void) {
    guard !elements.isEmpty else { return }
    buffer.withSpan(write)
    buffer.removeAll()
    write(elements.extracting(droppingLast: 1))
    buffer.append(Self.comma)
  }

  /// Takes out what was written.
  mutating func takeBytes() -> [UInt8] {
    buffer.removeLast(Self.comma)
    return buffer.takeBytes()
  }

  /// What was written, and what was before.
  consuming func finished() -> TextBuffer { buffer }

  private static let comma = UInt8(ascii: ",")

  private mutating func open(_ bracket: UInt8) {
    buffer.append(bracket)
    depth += 1
  }

  private mutating func close(_ bracket: UInt8) {
    depth -= 1
    let count = buffer.count
    buffer.removeLast(Self.comma)
    if isIndented, buffer.count < count { breakLine() }
    buffer.write(atMost: 2) { $0.put(bracket, Self.comma) }
  }

  /// What is before a value. Where it is called the name is known, and so no more than a word or two to store.
  @inline(__always)
  private mutating func begin(_ key: StaticString?) {
    if isIndented, depth > 0 { breakLine() }
    guard let key else { return }
    buffer.write(atMost: key.utf8CodeUnitCount + 4) { [isIndented] room in
      room.put(UInt8(ascii: "\""))
      room.put(key)
      room.put(UInt8(ascii: "\""), UInt8(ascii: ":"))
      if isIndented { room.put(UInt8(ascii: " ")) }
    }
  }

  private mutating func put(_ value: String?) {
    guard let value else { return literal("null") }
    let span = value.utf8.span
    guard span.isPlainText else {
      raw("\"")
      escaped(value)
      return raw("\",")
    }
    quoted(span.count) { $0.put(span) }
  }

  private mutating func put(_ value: UInt64?) {
    guard let value else { return literal("null") }
    buffer.write(atMost: TextRoom.decimalDigits + 1) { room in
      room.put(decimal: value)
      room.put(Self.comma)
    }
  }

  private mutating func put(_ value: Endpoint) {
    guard value.address.isIPv4 else { return put(value.description) }
    quoted(TextRoom.longestV4) { $0.put(v4: value) }
  }

  private mutating func put(_ time: Timestamp?, as text: TimeText) {
    guard let time else { return literal("null") }
    let fraction = second.move(to: time)
    quoted(text.length) { [second] in text.put(second, fraction, in: &$0) }
  }

  private mutating func put(seconds value: Double?) {
    guard let value, value.isFinite, abs(value) < 1e9 else { return literal("null") }
    let nanoseconds = UInt64((abs(value) * 1e9).rounded())
    let whole = nanoseconds / 1_000_000_000
    var (fraction, width) = (nanoseconds % 1_000_000_000, 9)
    // Captures of microseconds are many.
    if fraction.isMultiple(of: 1000) { (fraction, width) = (fraction / 1000, 6) }
    while width > 1, fraction.isMultiple(of: 10) { (fraction, width) = (fraction / 10, width - 1) }
    buffer.write(atMost: TextRoom.decimalDigits + 12) { room in
      if value < 0 { room.put(UInt8(ascii: "-")) }
      room.put(decimal: whole)
      room.put(UInt8(ascii: "."))
      room.put(decimal: fraction, digits: width)
      room.put(Self.comma)
    }
  }

  private mutating func literal(_ value: StaticString) {
    buffer.write(atMost: value.utf8CodeUnitCount + 1) { room in
      room.put(value)
      room.put(Self.comma)
    }
  }

  private mutating func put(_ value: Span<UInt8>) {
    buffer.write(atMost: value.count + 1) { room in
      room.put(value)
      room.put(Self.comma)
    }
  }

  /// - Parameters:
  ///   - count: the most that the text has.
  ///   - text: writes no quotation mark.
  @inline(__always)
  private mutating func quoted(_ count: Int, _ text: (inout TextRoom) -> Void) {
    buffer.write(atMost: count + 3) { room in
      room.put(UInt8(ascii: "\""))
      text(&room)
      room.put(UInt8(ascii: "\""), Self.comma)
    }
  }

  /// The end of a line and the most that is in front of the next one: reports are eight deep.
  private static let lineBreak: StaticString = "\n                                "

  private mutating func breakLine() {
    let count = 1 + 2 * depth
    buffer.write(atMost: count) { $0.put(Self.lineBreak, first: count) }
  }

  private mutating func raw(_ text: StaticString) { buffer.append(text) }

  /// What a terminal would act on is escaped, too: it means the same to every reader of JSON.
  private mutating func escaped(_ text: String) {
    let bytes = text.utf8Span.span
    guard bytes.isASCII else {
      for scalar in text.unicodeScalars { escape(scalar) }
      return
    }
    var start = 0
    while start < bytes.count {
      let end = start + bytes.extracting(start...).plainCount
      buffer.append(bytes.extracting(start..<end))
      if end < bytes.count { escape(ascii: bytes[end]) }
      start = end + 1
    }
  }

  private mutating func escape(_ scalar: Unicode.Scalar) {
    if scalar.isASCII {
      escape(ascii: UInt8(truncatingIfNeeded: scalar.value))
    } else if Escape.isUnsafe(scalar) {
      for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter { escape(unit) }
    } else {
      buffer.append(String(scalar))
    }
  }

  private mutating func escape(ascii byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): raw("\\\"")
    case UInt8(ascii: "\\"): raw("\\\\")
    case UInt8(ascii: "\n"): raw("\\n")
    case 0x20..<0x7f: buffer.append(byte)
    default: escape(UInt16(byte))
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
