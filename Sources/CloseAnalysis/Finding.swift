import Capture

/// Something that happened and deserves a word, with its evidence.
package struct Finding: Hashable, Sendable {
  package enum Severity: String, Sendable { case info, warning, error }

  /// Stable: scripts and documents refer to it.
  package var rule: String
  package var severity: Severity
  /// What happened, with the measured numbers.
  package var text: String
  /// What can be changed; `nil` if there is nothing to change.
  package var remedy: Remedy?
  package var packets: [PacketReference]
}

/// One rule: looks at a session and tells what it finds. A rule is triggered only by what the wire shows,
/// and says "consistent with" where that is no proof.
protocol FindingRule: SendableMetatype {
  static var id: String { get }
  static var explanation: RuleExplanation { get }
  static func find(in session: Session, _ context: SessionContext) -> Finding?
}

extension FindingRule {
  static func finding(
    _ severity: Finding.Severity, _ text: String, remedy: Remedy? = nil, packets: [PacketReference?]
  ) -> Finding {
    var known: [PacketReference] = []
    known.reserveCapacity(packets.count)
    for case let packet? in packets { known.append(packet) }
    return Finding(rule: id, severity: severity, text: text, remedy: remedy, packets: known)
  }
}

/// The rules, the weightiest first: the text report leads with the first that has a remedy, so that a rule
/// that tells the cause stands before one that tells the effect.
package enum FindingCatalogue {
  static let rules: [any FindingRule.Type] = [
    UpgradeRefused.self, BadAccept.self,
    DelayedCloseDrop.self, CloseNotForwarded.self, ProxyCutStream.self,
    InvalidClose.self, CodeChanged.self,
    MassTeardown.self, IdleTimeout.self, NoCloseFromProxy.self, NoCloseFromServer.self,
    RSTAfterClose.self, CloseUnacknowledged.self,
    LateTeardown.self, ClientGaveUp.self, ServerDidNotWait.self, SlowClient.self, ClientLeft.self,
    CaptureGap.self, CaptureTruncated.self, CaptureDropped.self, AnalysisLimit.self, CaptureOneSided.self,
    CaptureLate.self, CaptureEncrypted.self,
    CaptureClocksUnrelated.self,
  ]

  static func findings(in session: Session, _ context: SessionContext) -> [Finding] {
    rules.compactMap { $0.find(in: session, context) }
  }
}
