import Capture

/// The header fields that are looked at. All others are passed over.
package enum FieldName: UInt8, CaseIterable, Sendable {
  case host, connection, upgrade, transferEncoding, contentLength
  case webSocketKey, webSocketAccept, webSocketProtocol, webSocketExtensions
  case userAgent, server, requestID
  case forwardedFor, forwarded, via, realIP, cfConnectingIP, trueClientIP, amazonTraceID, forwardedProto
  case forwardedHost, forwardedPort, forwardedServer, forwardedClientCert, originalForwardedFor, clientIP
  case clusterClientIP, fastlyClientIP, azureClientIP, azureSocketIP, appEngineRemoteAddress, cfRay, cdnLoop
  /// Envoy's own: any name that begins so.
  case envoy

  /// In lower case.
  package var text: String {
    switch self {
    case .host: "host"
    case .connection: "connection"
    case .upgrade: "upgrade"
    case .transferEncoding: "transfer-encoding"
    case .contentLength: "content-length"
    case .webSocketKey: "sec-websocket-key"
    case .webSocketAccept: "sec-websocket-accept"
    case .webSocketProtocol: "sec-websocket-protocol"
    case .webSocketExtensions: "sec-websocket-extensions"
    case .userAgent: "user-agent"
    case .server: "server"
    case .requestID: "x-request-id"
    case .forwardedFor: "x-forwarded-for"
    case .forwarded: "forwarded"
    case .via: "via"
    case .realIP: "x-real-ip"
    case .cfConnectingIP: "cf-connecting-ip"
    case .trueClientIP: "true-client-ip"
    case .amazonTraceID: "x-amzn-trace-id"
    case .forwardedProto: "x-forwarded-proto"
    case .forwardedHost: "x-forwarded-host"
    case .forwardedPort: "x-forwarded-port"
    case .forwardedServer: "x-forwarded-server"
    case .forwardedClientCert: "x-forwarded-client-cert"
    case .originalForwardedFor: "x-original-forwarded-for"
    case .clientIP: "x-client-ip"
    case .clusterClientIP: "x-cluster-client-ip"
    case .fastlyClientIP: "fastly-client-ip"
    case .azureClientIP: "x-azure-clientip"
    case .azureSocketIP: "x-azure-socketip"
    case .appEngineRemoteAddress: "x-appengine-remote-addr"
    case .cfRay: "cf-ray"
    case .cdnLoop: "cdn-loop"
    case .envoy: "x-envoy-"
    }
  }

  static let spellings = FieldSpellings()
}

/// Some of the field names.
struct FieldNames {
  private var bits: UInt64 = 0

  mutating func insert(_ name: FieldName) { bits |= 1 << name.rawValue }

  func contains(_ name: FieldName) -> Bool { bits >> name.rawValue & 1 == 1 }
}

/// How the field names are written, by length: most fields of a message have a length that none, or one, has.
struct FieldSpellings {
  private var entries: [(letters: NameLetters, name: FieldName)] = []
  /// Where the entries of each length begin, and behind the longest where they end.
  private var firstOfLength = [0]
  private let envoy = NameLetters(FieldName.envoy.text)

  fileprivate init() {
    for length in 0...NameLetters.maxCount {
      for name in FieldName.allCases where name != .envoy && name.text.utf8.count == length {
        entries.append((NameLetters(name.text), name))
      }
      firstOfLength.append(entries.count)
    }
  }

  /// The name in a range of bytes, letter case aside; `nil` if nobody looks at a field of that name.
  func name(of bytes: Span<UInt8>, _ range: Range<Int>) -> FieldName? {
    let letters = NameLetters(bytes, range)
    if range.count <= NameLetters.maxCount {
      for index in firstOfLength[range.count]..<firstOfLength[range.count + 1]
      where entries[index].letters == letters {
        return entries[index].name
      }
    }
    return letters.first == envoy.first ? .envoy : nil
  }
}

/// A field name's first bytes, letters in lower case: so many that it is the whole name of those that are looked at.
private struct NameLetters: Equatable {
  let first: UInt64
  private let second: UInt64
  private let third: UInt64
  static let maxCount = 24

  init(_ bytes: Span<UInt8>, _ name: Range<Int>) {
    first = bytes.lowercasedWord(at: name.lowerBound, name.count)
    second = bytes.lowercasedWord(at: name.lowerBound + 8, name.count - 8)
    third = bytes.lowercasedWord(at: name.lowerBound + 16, name.count - 16)
  }

  init(_ text: String) { self.init(text.utf8Span.span, 0..<text.utf8.count) }
}
