import Capture

/// Who stands at the client's end of the client-most captured leg: the client itself, as far as the request tells, or
/// one more proxy.
package struct Hop: Sendable {
  package var address: IPAddress
  /// Whether the request has a field that proxies write; `false` is no proof, as a proxy may write none. `nil` if
  /// the handshake was not captured.
  package var isProxy: Bool?
  package var because: String?

  /// What a sentence calls it.
  package var text: String {
    switch isProxy {
    case true: "\(address), a proxy"
    case false: "the client (no header names a proxy before it)"
    case nil: "\(address)"
    }
  }

  /// The same, where it was named before.
  package var shortText: String { isProxy == false ? "the client" : "\(address)" }

  /// What the capture does not show lies behind it.
  package var isTheClient: Bool { isProxy == false }
}

extension Session {
  package var hop: Hop {
    let evidence = Proxy.evidence(in: client.request)
    return Hop(
      address: client.connection.client.address,
      isProxy: evidence != nil ? true : client.request != nil ? false : nil,
      because: evidence
        ?? (client.request == nil
          ? client.sealed != nil
            ? "the handshake is encrypted"
            : client.isHandshakeCut ? "the snaplen cut the handshake" : "the handshake was not captured"
          : "no header of the request names a proxy before it"))
  }
}
