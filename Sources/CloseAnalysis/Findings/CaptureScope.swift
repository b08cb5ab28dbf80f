import Capture
import Streams
import WSDecode

/// A leg of which the capture shows one direction.
enum CaptureOneSided: FindingRule {
  static let id = "capture-one-sided"

  static let explanation = RuleExplanation(
    summary: "the capture shows only one direction of a connection",
    meaning: """
      Of one leg only the packets of one side were captured: the other direction takes another way, or a \
      filter left it out. What that side said is known only as far as the ACKs of the captured side tell. \
      As a warning: the verdict is undetermined.
      """,
    trigger: "A leg with payload from one side, and with no byte, no ACK and no end from the other side.",
    action: """
      Capture at a place that both directions pass, and look at the filter: src and dst name one direction, \
      host and port both.
      """,
    remedies: [.captureBothDirections])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    for leg in session.legs {
      for unseen in [Side.server, .client] where leg.isUncaptured(unseen) {
        let ends = leg.connection
        let isHarmful = session.verdict == .undetermined
        return finding(
          isHarmful ? .warning : .info,
          "No packet from \(unseen == .client ? ends.client : ends.server) to"
            + " \(unseen == .client ? ends.server : ends.client) was captured: only the"
            + " \(unseen == .client ? "server" : "client")'s direction of that leg is known.",
          remedy: isHarmful ? .captureBothDirections : nil, packets: [leg.beginning])
      }
    }
    return nil
  }
}

extension Leg {
  /// Whether none of a side's packets is in the capture, as far as streams tell: its ACKs, its bytes or its
  /// end would show.
  func isUncaptured(_ side: Side) -> Bool {
    side == .client
      ? client.showsNothing && server.isUnanswered && !hasRequest
      : server.showsNothing && client.isUnanswered && !hasResponse
  }
}

extension LegStream {
  // Inlined, as a call copies the stream.

  @inline(__always)
  fileprivate var showsNothing: Bool { frames == 0 && !hasEnd && cut == nil }

  /// Whether something was sent and none of it acknowledged.
  @inline(__always)
  fileprivate var isUnanswered: Bool { acknowledged == nil && (frames > 0 || sentEnd > 0) }
}

/// The capture began later than a connection.
enum CaptureLate: FindingRule {
  static let id = "capture-late"

  static let explanation = RuleExplanation(
    summary: "the handshake is not in the capture, or not whole: the WebSocket was recognised by its frames",
    meaning: """
      The capture began when the WebSocket was already open, missed its handshake, or cut it (snaplen). Frames, Close frames \
      and ends are told as usual. Not known are the path, the User-Agent (so what the client sees is told \
      for all known clients), and whether a proxy stands at either end of the captured legs.
      """,
    trigger: "A leg whose upgrade request and 101 were not captured, and whose bytes chain as WebSocket"
      + " frames do.",
    action:
      "Nothing, if the answer is clear. Otherwise start the capture before the WebSocket is opened; or, if"
      + " the finding says that the snaplen cut the handshake, capture whole packets.",
    remedies: [.captureEarlier, .captureWhole])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    let late = session.legs.filter { $0.isPickedUp && $0.request == nil && $0.response == nil }
    guard !late.isEmpty else { return nil }
    let which = session.legs.count == 1 ? "this leg" : "\(late.count) of \(session.legs.count) legs"
    if late.allSatisfy(\.isHandshakeCut) {
      return finding(
        .info,
        "The handshake of \(which) was cut by the capture's snaplen; the WebSocket was recognised by its frames."
          + " Path, User-Agent and proxies are not known from there; whole packets (tcpdump -s 0) would tell.",
        packets: late.map(\.beginning))
    }
    return finding(
      .info,
      "The handshake of \(which) is not in the capture; the WebSocket was recognised by its frames. Path,"
        + " User-Agent and proxies are not known from there.", packets: late.map(\.beginning))
  }
}
