/// What a TLS connection shows of itself, decrypted or not.
package struct TLSDescription: Hashable, Sendable {
  /// Whether what the streams above carry is what TLS protected.
  package enum Access: Hashable, Sendable {
    case decrypted
    /// No secrets for this connection were given.
    case noSecrets
    /// The beginning, which tells the keys apart, was not captured.
    case noHandshake
    /// Secrets were given, and records do not authenticate with them.
    case wrongSecrets
    /// The cipher suite is one that cannot be decrypted here.
    case unsupportedSuite
  }
  package var access: Access
  /// As on the wire: 0x0303 is TLS 1.2, 0x0304 TLS 1.3; `nil` if no ServerHello was captured.
  package var version: UInt16?
  /// A number of the IANA registry of cipher suites.
  package var cipherSuite: UInt16?
  /// The host name that the client asked for (RFC 6066 §3).
  package var serverName: String?
  /// The protocol agreed on by ALPN (RFC 7301), or the only one that was offered.
  package var applicationProtocol: String?

  package init(
    access: Access, version: UInt16? = nil, cipherSuite: UInt16? = nil, serverName: String? = nil,
    applicationProtocol: String? = nil
  ) {
    self.access = access
    self.version = version
    self.cipherSuite = cipherSuite
    self.serverName = serverName
    self.applicationProtocol = applicationProtocol
  }
}

/// A protected record as the wire shows it without keys.
package struct TLSRecordDescription: Hashable, Sendable {
  /// Of the record header: 23 stands for anything in TLS 1.3.
  package var contentType: UInt8
  /// Bytes of content: what the record has on the wire less what the cipher suite adds. Padding (RFC 8446
  /// §5.4) counts as content. `nil` if the suite is not known.
  package var contentLength: Int?

  /// In TLS 1.3 the type hides what it is.
  package var mayBeData: Bool { contentType == 23 }

  package init(contentType: UInt8, contentLength: Int?) {
    self.contentType = contentType
    self.contentLength = contentLength
  }
}

/// A TLS alert; `nil` where it is encrypted.
package struct TLSAlert: Hashable, Sendable {
  package var description: UInt8?
  package init(description: UInt8?) { self.description = description }

  package static let closeNotify = TLSAlert(description: 0)

  /// As RFC 8446 §6 calls it; its number if it is one of the errors.
  package var name: String {
    switch description {
    case 0: "close_notify"
    case .some(let number): "error \(number)"
    case nil: "encrypted"
    }
  }
}
