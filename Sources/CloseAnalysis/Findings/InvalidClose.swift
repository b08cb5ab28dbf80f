import Capture
import Streams
import WSDecode

/// A Close frame that breaks RFC 6455, or something behind one.
enum InvalidClose: FindingRule {
  static let id = "invalid-close"

  static let explanation = RuleExplanation(
    summary: "a Close frame breaks RFC 6455, or something follows it",
    meaning: """
      The Close frame arrived, and clients do not take it for what it should say. Chromium and node's ws \
      fail the connection on a 1-byte body, a reserved code (1005, 1006, 1015, below 1000, ...), invalid \
      UTF-8, a wrong bit or more than 125 bytes, and report 1006. Firefox is lenient: it reports 1005 for a \
      1-byte body and the code itself for most reserved ones, and calls the close clean. If anything \
      follows the Close frame, Chromium reports 1006, Firefox and node the frame's code.
      """,
    trigger: """
      A Close frame with a 1-byte body, a code that must not be sent, a reason that is not UTF-8, more than \
      125 bytes, an RSV bit, without the FIN bit, or wrongly masked; or a data frame or a second Close frame of \
      the same side behind its Close frame.
      """,
    action: """
      Correct the program that sends it: a code that may be sent (see wsclose explain CODE), a reason of at \
      most 123 bytes of UTF-8 cut at a character, and nothing behind it. An error in bits or masks is one \
      of the library.
      """,
    remedies: [.validClose])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    if let leg = session.legs.last(where: { $0.server.close?.isCut == false }),
      let (faults, packets) = faults(of: leg.server, context)
    {
      return finding(
        .error,
        "The server's Close frame \(Wording.list(faults)) (RFC 6455 §5.5.1, §7.4). \(effect(leg.server))",
        remedy: .validClose, packets: packets)
    }
    guard let leg = session.legs.first(where: { $0.client.close?.isCut == false }),
      let (faults, packets) = faults(of: leg.client, context)
    else { return nil }
    return finding(
      .warning, "The client's Close frame \(Wording.list(faults)) (RFC 6455 §5.5.1, §7.4).", packets: packets)
  }

  private static func faults(
    of stream: LegStream, _ context: SessionContext
  ) -> (texts: [String], packets: [PacketReference])? {
    guard let close = stream.close else { return nil }
    let (body, frame) = (close.body, close.frame.violations)
    var texts: [String] = []
    if body.violations.contains(.oneByte) { texts.append("has a body of 1 byte") }
    if body.violations.contains(.reservedCode), let code = body.code {
      texts.append("carries \(code.rawValue), which must not be sent")
    }
    if body.violations.contains(.invalidUTF8) { texts.append("has a reason that is not UTF-8") }
    if frame.contains(.longControl) {
      texts.append("has \(Wording.count(close.frame.header.payloadLength)) bytes, more than 125")
    }
    if frame.contains(.reservedBits) { texts.append("has a reserved bit set") }
    if frame.contains(.fragmentedControl) { texts.append("has no FIN bit") }
    if frame.contains(.masking) { texts.append(stream.side == .server ? "is masked" : "is not masked") }
    if !texts.isEmpty { texts[0] += " (\(context.place(close.frame.last)))" }
    if let next = stream.afterClose {
      let what = next.opcode == .close ? "a second Close frame" : "another frame"
      texts.append("is followed by \(what) (\(context.place(next.packet)))")
    }
    return texts.isEmpty ? nil : (texts, [close.frame.last] + (stream.afterClose.map { [$0.packet] } ?? []))
  }

  /// What clients were seen to do.
  private static func effect(_ stream: LegStream) -> String {
    guard let close = stream.close else { return "" }
    let isBroken = !close.body.violations.isEmpty || !close.frame.violations.isEmpty
    return isBroken
      ? "Chromium and node's ws fail the connection on such a frame and report 1006."
      : "Chromium reports 1006 then."
  }
}
