import Limits

/// Reads the fields of a handshake message; every read is checked against what is there.
struct ByteReader {
  private let bytes: ArraySlice<UInt8>
  private var index: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    index = bytes.startIndex
  }

  mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, bytes.endIndex - index >= count else { return nil }
    defer { index += count }
    return bytes[index..<index + count]
  }

  /// A number in network order.
  mutating func number(_ byteCount: Int) -> Int? {
    take(byteCount).map { $0.reduce(0) { $0 << 8 | Int($1) } }
  }

  /// What follows its length, which has that many bytes.
  mutating func vector(_ lengthByteCount: Int) -> ArraySlice<UInt8>? {
    number(lengthByteCount).flatMap { take($0) }
  }
}

/// The extensions of a hello message that are of use here (RFC 8446 §4.2).
struct HelloExtensions {
  var serverName: String?
  var applicationProtocols: [String] = []
  /// What the server chose of supported_versions.
  var selectedVersion: UInt16?
  var hasEarlyData = false

  /// - Parameter isServer: whose hello it is: the forms differ.
  init(_ list: ArraySlice<UInt8>, isServer: Bool) {
    var reader = ByteReader(list)
    while let type = reader.number(2), let body = reader.vector(2) {
      switch type {
      case 0: if !isServer { serverName = Self.hostName(body) }
      case 16: applicationProtocols = Self.protocols(body)
      case 42: hasEarlyData = true
      case 43 where isServer && body.count == 2:
        selectedVersion = body.reduce(0) { $0 << 8 | UInt16($1) }
      default: break
      }
    }
  }

  /// RFC 6066 §3: a list of names, of which only host names are defined.
  private static func hostName(_ body: ArraySlice<UInt8>) -> String? {
    var reader = ByteReader(body)
    guard let list = reader.vector(2) else { return nil }
    var names = ByteReader(list)
    guard names.number(1) == 0, let name = names.vector(2) else { return nil }
    return String(decoding: name, as: UTF8.self)
  }

  /// RFC 7301 §3.1.
  private static func protocols(_ body: ArraySlice<UInt8>) -> [String] {
    var reader = ByteReader(body)
    guard let list = reader.vector(2) else { return [] }
    var names: [String] = []
    var members = ByteReader(list)
    while let name = members.vector(1) { names.append(String(decoding: name, as: UTF8.self)) }
    return names
  }
}

/// RFC 8446 §4.1.2.
struct ClientHello {
  var random: [UInt8]
  var extensions: HelloExtensions

  /// - Parameter body: of the message, without its type and length.
  /// - Returns: `nil` if it ends within a field.
  init?(_ body: ArraySlice<UInt8>) {
    var reader = ByteReader(body)
    guard reader.number(2) != nil, let random = reader.take(32), reader.vector(1) != nil,
      reader.vector(2) != nil, reader.vector(1) != nil
    else { return nil }
    self.random = Array(random)
    extensions = HelloExtensions(reader.vector(2) ?? [], isServer: false)
  }
}

/// RFC 8446 §4.1.3. A HelloRetryRequest has its form and names the same version and suite as the ServerHello
/// that follows it.
struct ServerHello {
  var random: [UInt8]
  var version: UInt16
  var suite: CipherSuite
  var extensions: HelloExtensions

  init?(_ body: ArraySlice<UInt8>) {
    var reader = ByteReader(body)
    guard let legacy = reader.number(2), let random = reader.take(32), reader.vector(1) != nil,
      let suite = reader.number(2), reader.number(1) != nil
    else { return nil }
    self.random = Array(random)
    self.suite = CipherSuite(rawValue: UInt16(truncatingIfNeeded: suite))
    extensions = HelloExtensions(reader.vector(2) ?? [], isServer: true)
    version = extensions.selectedVersion ?? UInt16(truncatingIfNeeded: legacy)
  }
}

/// The types of handshake messages that are of use here (RFC 8446 §4).
enum HandshakeType {
  static let clientHello: UInt8 = 1
  static let serverHello: UInt8 = 2
  static let encryptedExtensions: UInt8 = 8
  static let keyUpdate: UInt8 = 24
}

/// Puts the handshake messages of one direction together from the contents of records.
struct HandshakeReader {
  private var buffer: [UInt8] = []
  /// Bytes of a message that is not kept.
  private var unwanted = 0
  /// A longer message is passed over: what is read here is shorter.
  private static let maxMessageLength = Limits.standard.maxHandshakeBytes
  private static let headerLength = 4

  struct Message {
    var type: UInt8
    var body: ArraySlice<UInt8>
  }

  /// - Returns: the messages that are complete, of the types that are read here.
  mutating func receive(_ bytes: ArraySlice<UInt8>) -> [Message] {
    var messages: [Message] = []
    let dropped = min(unwanted, bytes.count)
    unwanted -= dropped
    buffer += bytes.dropFirst(dropped)
    var start = 0
    while buffer.count - start >= Self.headerLength {
      let length = buffer[start + 1..<start + Self.headerLength].reduce(0) { $0 << 8 | Int($1) }
      let end = start + Self.headerLength + length
      let available = buffer.count - start - Self.headerLength
      if !Self.isRead(buffer[start]) || length > Self.maxMessageLength {
        unwanted = max(0, length - available)
        start = min(end, buffer.count)
        continue
      }
      guard available >= length else { break }
      messages.append(Message(type: buffer[start], body: buffer[start + Self.headerLength..<end]))
      start = end
    }
    buffer = Array(buffer[start...])
    return messages
  }

  private static func isRead(_ type: UInt8) -> Bool {
    switch type {
    case HandshakeType.clientHello, HandshakeType.serverHello, HandshakeType.encryptedExtensions,
      HandshakeType.keyUpdate:
      true
    default: false
    }
  }

  /// Bytes are missing: what follows begins with a message, as records do.
  mutating func lose() { self = HandshakeReader() }
}
