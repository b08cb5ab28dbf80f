import Capture
import Crypto
import Streams

/// The client's opening handshake (RFC 6455 §4.1; over HTTP/2 RFC 8441 §5), as far as a report needs it. The texts are kept
/// outside: all stages behind pass it on.
@usableFromInline package struct UpgradeRequest: Hashable, Sendable {
  private struct Texts: Hashable, Sendable {
    var key: String?
    var expectedAccept: String?
    var target: String
    var host: String?
    var userAgent: String?
    var requestID: String?
    var forwardedFor: [IPAddress]
    var via: String?
    var proxyField: String?
  }
  private let texts: Indirect<Texts>
  /// Stream offset behind the head: the client's first frame begins here.
  package var endOffset: UInt64
  /// The packet that completed the head.
  package var packet: PacketReference

  /// `Sec-WebSocket-Key`.
  package var key: String? { texts.value.key }
  /// What `Sec-WebSocket-Accept` has to be for the key.
  package var expectedAccept: String? { texts.value.expectedAccept }
  /// The request target, query and all: it may hold secrets.
  package var target: String { texts.value.target }
  package var host: String? { texts.value.host }
  package var userAgent: String? { texts.value.userAgent }
  package var requestID: String? { texts.value.requestID }
  /// The addresses that `x-forwarded-for` names, the last few of them: first that of whoever asked the last proxy.
  package var forwardedFor: [IPAddress] { texts.value.forwardedFor }
  package var via: String? { texts.value.via }
  /// The first field that only proxies write, in lower case; `nil` if there is none.
  package var proxyField: String? { texts.value.proxyField }

  /// - Parameter head: one that asks for a WebSocket.
  init(_ head: HTTPHead, endOffset: UInt64, packet: PacketReference) {
    self.init(
      head, target: head.startLinePart(1) ?? "", host: head.value(.host), endOffset: endOffset, packet: packet
    )
  }

  /// An extended CONNECT (RFC 8441 §4). The stream begins behind it.
  ///
  /// - Returns: `nil` if it asks for another protocol.
  init?(extendedConnect fields: HTTPFields, packet: PacketReference) {
    guard fields.value(":method") == "CONNECT", fields.value(":protocol")?.lowercased() == "websocket" else {
      return nil
    }
    self.init(
      fields, target: fields.value(":path") ?? "", host: fields.value(":authority") ?? fields.value("host"),
      endOffset: 0, packet: packet)
  }

  private init(
    _ fields: some HeaderFields, target: String, host: String?, endOffset: UInt64, packet: PacketReference
  ) {
    let key = fields.value(.webSocketKey)
    texts = Indirect(
      Texts(
        key: key, expectedAccept: key.map { UpgradeResponse.accept(for: $0) }, target: target, host: host,
        userAgent: fields.value(.userAgent), requestID: fields.value(.requestID),
        forwardedFor: ForwardedFor.addresses(in: fields.value(.forwardedFor)), via: fields.value(.via),
        proxyField: ProxyFields.first(in: fields)))
    self.endOffset = endOffset
    self.packet = packet
  }
}

extension HTTPHead {
  /// Whether it is a client's opening handshake (RFC 6455 §4.2.1).
  var asksForWebSocket: Bool {
    startLinePart(0, is: "GET") && list(.upgrade, contains: "websocket")
      && list(.connection, contains: "upgrade")
  }
}

/// The server's answer to an opening handshake (RFC 6455 §4.2.2). The texts are kept outside, as those of the request.
@usableFromInline package struct UpgradeResponse: Hashable, Sendable {
  private struct Texts: Hashable, Sendable {
    var statusText: String
    var accept: String?
    var subprotocol: String?
    var server: String?
    var via: String?
  }
  private let texts: Indirect<Texts>
  package let status: Int
  package let deflate: PermessageDeflate?
  package var statusText: String { texts.value.statusText }
  package var accept: String? { texts.value.accept }
  package var subprotocol: String? { texts.value.subprotocol }
  /// The `Server` field: Envoy and nginx write their own name there.
  package var server: String? { texts.value.server }
  package var via: String? { texts.value.via }
  /// Stream offset behind the head: the server's first frame begins here.
  package var endOffset: UInt64
  package var packet: PacketReference

  /// Whether it answers an extended CONNECT: then any 2xx agrees (RFC 8441 §5).
  package var answersExtendedConnect = false

  package var isSwitchingProtocols: Bool {
    answersExtendedConnect ? (200..<300).contains(status) : status == 101
  }

  private init(
    _ fields: some HeaderFields, status: Int, statusText: String, likelyAccept: String? = nil,
    endOffset: UInt64, packet: PacketReference
  ) {
    self.status = status
    deflate = PermessageDeflate(extensions: fields.list(.webSocketExtensions))
    texts = Indirect(
      Texts(
        statusText: statusText, accept: fields.value(.webSocketAccept, likely: likelyAccept),
        subprotocol: fields.value(.webSocketProtocol), server: fields.value(.server), via: fields.value(.via))
    )
    self.endOffset = endOffset
    self.packet = packet
  }

  /// - Parameter likelyAccept: what the request asks for as `Sec-WebSocket-Accept`.
  init(
    _ head: HTTPHead, status: Int, likelyAccept: String? = nil, endOffset: UInt64, packet: PacketReference
  ) {
    // As nearly always: a literal needs no memory.
    let usual = "Switching Protocols"
    self.init(
      head, status: status,
      statusText: head.startLinePart(2, is: usual) ? usual : head.startLinePart(2) ?? "",
      likelyAccept: likelyAccept, endOffset: endOffset, packet: packet)
  }

  /// The answer to an extended CONNECT.
  ///
  /// - Returns: `nil` without a status.
  init?(extendedConnect fields: HTTPFields, packet: PacketReference) {
    guard let status = fields.value(":status").flatMap({ Int($0) }), (100...999).contains(status) else {
      return nil
    }
    self.init(fields, status: status, statusText: "", endOffset: 0, packet: packet)
    answersExtendedConnect = true
  }

  /// What `Sec-WebSocket-Accept` has to be for a key (RFC 6455 §4.2.2, step 5.4).
  package static func accept(for key: String) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(key.utf8.count + guid.count)
    bytes += key.utf8
    bytes += guid
    return base64(Insecure.SHA1.hash(data: bytes))
  }

  private static let guid = Array("258EAFA5-E914-47DA-95CA-C5AB0DC85B11".utf8)
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// RFC 4648 §4: 20 bytes are 27 letters and a padding character.
  private static func base64(_ digest: Insecure.SHA1Digest) -> String {
    var text = InlineArray<28, UInt8>(repeating: UInt8(ascii: "="))
    var (bits, width, count) = (UInt32(0), UInt32(0), 0)
    let alphabet = alphabet.span
    for byte in digest {
      (bits, width) = (bits << 8 | UInt32(byte), width + 8)
      while width >= 6 {
        width -= 6
        text[count] = alphabet[Int(bits &>> width & 0x3f)]
        count += 1
      }
    }
    text[count] = alphabet[Int(bits &<< (6 - width) & 0x3f)]
    return String(decoding: text.span)
  }
}

/// What both sides agreed on for compression (RFC 7692 §7.1).
package struct PermessageDeflate: Hashable, Sendable {
  package var clientTakesOver = true
  package var serverTakesOver = true

  package init() {}

  /// - Parameter extensions: the members of the response's `Sec-WebSocket-Extensions`.
  /// - Returns: `nil` if the response does not accept the extension.
  package init?(extensions: [String]) {
    for member in extensions {
      let parts = member.split(separator: ";").map { part in
        String(part.filter { $0 != " " && $0 != "\t" }).lowercased()
      }
      guard parts.first == "permessage-deflate" else { continue }
      clientTakesOver = !parts.contains("client_no_context_takeover")
      serverTakesOver = !parts.contains("server_no_context_takeover")
      return
    }
    return nil
  }
}
