import CloseAnalysis
import Streams
import TLSDecode

/// Writes what TLS tells of a leg.
struct TLSJSON {
  private let tls: TLSDescription
  private let records: SealedConnection?

  init(_ tls: TLSDescription, _ records: SealedConnection?) {
    self.tls = tls
    self.records = records
  }

  func write(_ writer: inout JSONWriter) {
    writer.field("version", tls.version.map(TLSText.version))
    writer.field("cipherSuite", tls.cipherSuite.map { CipherSuite(rawValue: $0).name })
    writer.field("serverName", tls.serverName)
    writer.field("applicationProtocol", tls.applicationProtocol)
    writer.field("access", TLSText.access(tls.access))
    writer.field("recordsFromClient", records.map { UInt64($0.client.count) })
    writer.field("recordsFromServer", records.map { UInt64($0.server.count) })
  }
}

/// What is said of TLS in text and JSON alike.
enum TLSText {
  static func version(_ version: UInt16) -> String {
    switch version {
    case 0x0304: "1.3"
    case 0x0303: "1.2"
    case 0x0302: "1.1"
    case 0x0301: "1.0"
    default: "0x\(String(version, radix: 16))"
    }
  }

  static func access(_ access: TLSDescription.Access) -> String {
    switch access {
    case .decrypted: "opened"
    case .noSecrets: "no keys"
    case .noHandshake: "no handshake"
    case .wrongSecrets: "wrong keys"
    case .unsupportedSuite: "unsupported suite"
    }
  }
}
