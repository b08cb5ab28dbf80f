import Capture

/// Who stands at the client's end of the client-most captured leg: the client itself, or one more proxy.
package struct Hop: Sendable {
  package var address: IPAddress
  /// `nil` if the handshake, which would tell, was not captured.
  package var isProxy: Bool?
  package var because: String?

  /// What a sentence calls it.
  package var text: String {
    switch isProxy {
    case true: "\(address), a proxy"
    case false: "the client"
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
      because: evidence ?? (client.request == nil ? "the handshake was not captured" : nil))
  }
}
