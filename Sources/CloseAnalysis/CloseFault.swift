import Streams
import WSDecode

/// What can be wrong with a Close frame, as far as clients tell it apart.
package enum CloseFault: CaseIterable, Sendable {
  /// 1005, 1006 or 1015: what an API reports to its own program, and nobody sends.
  case localCode
  /// Any other code that must not be sent: 0, 999, 1004, 1016, 2999, 5000, 65535, ...
  case undefinedCode
  case oneByteBody
  case invalidUTF8
  /// A reserved bit, no FIN bit, more than 125 bytes, or a length that is not in its shortest form.
  case brokenHeader
  case wrongMask
  /// Anything behind it: a frame of any kind, or bytes that are none.
  case followed

  /// What was measured with Chromium 156, Firefox 153 and node ws 8.11: the faults with which a program still
  /// takes the frame for a Close frame and reports its code. With any other it fails the connection and reports
  /// 1006, wasClean false. RFC 6455 §5.5.1 and §7.1.6 let a client ignore what follows.
  private static let tolerated: [ClientProgram: Set<CloseFault>] = [
    .rfc6455: [.followed],
    .chromium: [.undefinedCode],
    .chromiumOld: [.undefinedCode],
    .firefox: [.undefinedCode, .localCode, .oneByteBody, .wrongMask, .followed],
    .nodeWS: [.followed],
  ]

  package func isTolerated(by client: ClientProgram) -> Bool {
    Self.tolerated[client]?.contains(self) == true
  }

  /// As in "a Close frame with ...".
  package var text: String {
    switch self {
    case .localCode: "a code that only APIs use"
    case .undefinedCode: "a code that is not defined"
    case .oneByteBody: "a body of 1 byte"
    case .invalidUTF8: "a reason that is not UTF-8"
    case .brokenHeader: "a broken header"
    case .wrongMask: "a wrong mask"
    case .followed: "something behind it"
    }
  }
}

extension LegStream {
  /// Whether the stream has a Close frame, and something is wrong with that.
  var hasFaultyClose: Bool {
    guard hasWholeClose else { return false }
    // Plain numbers: what the sets themselves offer is a call each.
    let (body, frame) = (close?.body.violations.rawValue, close?.frame.violations.rawValue)
    return body != 0 || frame != 0 || trailingFrame != nil || trailingBytes > 0
  }

  /// What is wrong with the stream's Close frame.
  package var closeFaults: Set<CloseFault> {
    guard hasFaultyClose, let close else { return [] }
    var faults: Set<CloseFault> = []
    let body = close.body
    if body.violations.contains(.oneByte) { faults.insert(.oneByteBody) }
    if body.violations.contains(.invalidUTF8) { faults.insert(.invalidUTF8) }
    if body.violations.contains(.reservedCode), let code = body.code {
      let isLocal = [.noStatusReceived, .abnormalClosure, .tlsHandshake].contains(code)
      faults.insert(isLocal ? .localCode : .undefinedCode)
    }
    let header = close.frame.violations
    if header.hasBrokenHeader { faults.insert(.brokenHeader) }
    if header.contains(.masking) { faults.insert(.wrongMask) }
    if trailingFrame != nil || trailingBytes > 0 { faults.insert(.followed) }
    return faults
  }
}
