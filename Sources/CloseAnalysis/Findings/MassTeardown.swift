import Capture
import Streams

/// One address ended many WebSockets at once, without Close frames.
enum MassTeardown: FindingRule {
  static let id = "mass-teardown"

  static let explanation = RuleExplanation(
    summary: "one proxy or server ended many WebSockets at the same moment, without Close frames",
    meaning: """
      Connections that have nothing to do with each other do not end in the same tenth of a second by \
      chance: the process that held them ended (restart, rollout, eviction, out of memory, SIGKILL after a \
      drain time), or closed them all. Istio's agent ends Envoy with SIGKILL after its drain time. Every \
      client sees 1006 and, unless its delay is random, they all reconnect at once.
      """,
    trigger: """
      Five or more sessions that the same address ended within 100 ms, with no Close frame from either \
      side, and no less than a third of what it had (a busy proxy ends some at any moment). If all had been \
      silent for the same time, the finding says so: an idle timer fits then, too.
      """,
    action: """
      Look for a restart at that time. Let proxies drain longer than sessions need to move, have the server \
      send Close 1001 or 1012 before anything stops, and have the clients reconnect after a random delay.
      """,
    remedies: [.restart(.envoy), .closeOnShutdown])

  static func find(in session: Session, _ context: SessionContext) -> Finding? {
    guard let burst = context.burst(of: session), let origin = session.endedWithoutClose else { return nil }
    let party = session.label(origin.party)
    var text = String(roomFor: 320)
    text += Wording.sentence(party.host)
    text += " ended \(Wording.count(UInt64(burst.sessions.count))) WebSockets within"
    text += " \(Wording.duration(burst.span)), this one with \(Wording.kind(origin.end))"
    text += " (\(context.place(origin.end.packet))), and none had a Close frame:"
    text += " consistent with a restart, a drain or a killed process"
    if let silence = burst.silence {
      text += "; all had been silent for \(Wording.duration(silence)), so that an idle timer fits as well"
    }
    let remedy =
      party.isProxy ? Remedy.restart(ProxyKind(party.proxyName)) : Remedy.closeOnShutdown
    return finding(.error, text + ".", remedy: remedy, packets: [origin.end.packet])
  }
}
