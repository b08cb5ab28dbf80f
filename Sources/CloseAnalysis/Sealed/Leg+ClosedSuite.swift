import Streams
import TLSDecode

extension Leg {
  /// The cipher suite, if it is one that no keys open here.
  var closedSuite: CipherSuite? {
    guard let tls, tls.access == .unsupportedSuite else { return nil }
    return tls.cipherSuite.map { CipherSuite(rawValue: $0) }
  }
}
