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
    case true: address.description + ", a proxy"
    case false: "the client (no header names a proxy before it)"
    case nil: address.description
    }
  }

  /// The same, where it was named before.
  package var shortText: String { isProxy == false ? "the client" : address.description }

  /// What the capture does not show lies behind it.
  package var isTheClient: Bool { isProxy == false }
}

extension Hop {
  /// - Parameter leg: the client-most one.
  init(before leg: Leg) {
    address = leg.connection.client.address
    if let evidence = leg.proxyEvidence {
      (isProxy, because) = (true, evidence)
    } else if leg.hasRequest {
      (isProxy, because) = (false, "no header of the request names a proxy before it")
    } else {
      because = Self.ignorance(of: leg)
    }
  }

  private static func ignorance(of leg: Leg) -> String {
    if leg.isSealed { return "the handshake is encrypted" }
    return leg.isHandshakeCut ? "the snaplen cut the handshake" : "the handshake was not captured"
  }
}
