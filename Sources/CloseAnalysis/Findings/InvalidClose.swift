import Capture
import Streams
import WSDecode

/// A Close frame that breaks RFC 6455, or something behind one.
enum InvalidClose: FindingRule {
  static let id = "invalid-close"

  static let explanation = RuleExplanation(
    summary: "a Close frame breaks RFC 6455, or something follows it",
    meaning: """
      The Close frame arrived, and not every client takes it for what it should say. On a 1-byte body, \
      1005, 1006 or 1015 on the wire and a wrong mask, Chromium and node's ws fail the connection and report \
      1006, wasClean false; Firefox reports 1005 for the 1-byte body and the code for the others, wasClean \
      true. On any other code that must not be sent (0, 999, 1004, 1016, 2999, 5000, ...) node fails; \
      Chromium and Firefox report it, wasClean true. On a reason that is not UTF-8, a reserved bit, a missing \
      FIN bit, more than 125 bytes or a length that is not in its shortest form, all three report 1006. If \
      anything follows the Close frame, even a Ping, Chromium reports 1006, Firefox and node the frame's code.
      """,
    trigger: """
      A Close frame with a 1-byte body, a code that must not be sent, a reason that is not UTF-8, more than \
      125 bytes, a length not in its shortest form, an RSV bit, without the FIN bit, or wrongly masked; or a \
      data frame, a second Close frame or bytes that are no frame, of the same side, behind its Close frame.
      """,
    action: """
      Correct the program that sends it: a code that may be sent (see wsclose explain CODE), a reason of at \
      most 123 bytes of UTF-8 cut at a character, and nothing behind it. An error in bits or masks is one \
      of the library.
      """,
    remedies: [.validClose])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    if let leg = session.legs.last(where: \.server.hasWholeClose), leg.server.hasFaultyClose,
      let (faults, packets) = faults(of: leg.server, context)
    {
      return finding(
        .error,
        "The server's Close frame \(Wording.list(faults)) (RFC 6455 §5.5.1, §7.4). \(effect(leg.server))",
        remedy: .validClose, packets: packets)
    }
    guard let leg = session.legs.first(where: \.client.hasWholeClose), leg.client.hasFaultyClose,
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
    if frame.contains(.longLength), !frame.contains(.longControl) {
      texts.append("has a length that is not in its shortest form")
    }
    if frame.contains(.reservedBits) { texts.append("has a reserved bit set") }
    if frame.contains(.fragmentedControl) { texts.append("has no FIN bit") }
    if frame.contains(.masking) { texts.append(stream.side == .server ? "is masked" : "is not masked") }
    if !texts.isEmpty { texts[0] += " (\(context.place(close.frame.last)))" }
    if let next = stream.afterClose {
      let what = next.opcode == .close ? "a second Close frame" : "another frame"
      texts.append("is followed by \(what) (\(context.place(next.packet)))")
    } else if let next = stream.trailingFrame, next.opcode != .ping, next.opcode != .pong {
      texts.append("is followed by bytes that make no valid frame (\(context.place(next.packet)))")
    } else if stream.trailingBytes > 0 {
      texts.append(
        "is followed by \(Wording.count(stream.trailingBytes, "byte", "bytes")) that make no whole frame")
    }
    let following = stream.afterClose ?? stream.trailingFrame
    return texts.isEmpty ? nil : (texts, [close.frame.last] + (following.map { [$0.packet] } ?? []))
  }

  /// What clients were seen to do: see `CloseFault`.
  private static func effect(_ stream: LegStream) -> String {
    let programs: [(program: ClientProgram, name: String)] = [
      (.chromium, "Chromium"), (.firefox, "Firefox"), (.nodeWS, "node's ws"),
    ]
    let faults = stream.closeFaults
    func names(_ isFailing: Bool) -> [String] {
      programs.filter { item in faults.allSatisfy { $0.isTolerated(by: item.program) } != isFailing }.map(
        \.name)
    }
    let (failing, reporting) = (names(true), names(false))
    guard !failing.isEmpty else { return "" }
    let verb =
      failing.count == 1 ? "fails the connection then and reports" : "fail the connection then and report"
    var text = "\(Wording.list(failing)) \(verb) 1006"
    if !reporting.isEmpty {
      text += "; \(Wording.list(reporting)) \(reporting.count == 1 ? "reports" : "report")"
      text += faults.contains(.oneByteBody) ? " 1005" : " the frame's code"
    }
    return text + "."
  }
}
