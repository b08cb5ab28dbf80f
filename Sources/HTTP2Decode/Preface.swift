import Streams

/// How a connection has to begin to be HTTP/2 (RFC 9113 §3.4): the client with 24 fixed bytes, the server
/// with a SETTINGS frame.
struct Preface {
  enum Verdict {
    case unknown, http2, other
  }
  static let client = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
  private var clientCount = 0
  private var serverCount = 0
  /// The length of what would be the server's SETTINGS.
  private var serverLength = 0

  /// Takes a side's next bytes, its first ones to begin with.
  mutating func take(_ bytes: Span<UInt8>, of side: Side) -> Verdict {
    side == .client ? takeClient(bytes) : takeServer(bytes)
  }

  private mutating func takeClient(_ bytes: Span<UInt8>) -> Verdict {
    for index in bytes.indices {
      guard bytes[index] == Self.client[clientCount] else { return .other }
      clientCount += 1
      if clientCount == Self.client.count { return .http2 }
    }
    return .unknown
  }

  /// The client's bytes may be late: then the header of a SETTINGS frame at the very beginning is as good.
  private mutating func takeServer(_ bytes: Span<UInt8>) -> Verdict {
    for index in bytes.indices {
      let byte = bytes[index]
      switch serverCount {
      case 0, 4...8: guard byte == 0 else { return .other }
      case 1, 2: serverLength = serverLength << 8 | Int(byte)
      default: guard byte == FrameType.settings.rawValue, serverLength % 6 == 0 else { return .other }
      }
      serverCount += 1
      if serverCount == FrameHeader.byteCount { return .http2 }
    }
    return .unknown
  }

  /// Whether bytes begin with the client's preface, all of it.
  static func begins(_ bytes: Span<UInt8>) -> Bool {
    bytes.count >= client.count && client.indices.allSatisfy { bytes[$0] == client[$0] }
  }
}
