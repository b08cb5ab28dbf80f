import Capture
import CloseAnalysis

/// The report of one session in one line, for people who watch.
package enum LiveLine {
  /// `2026-11-25T12:00:00.123456Z  shop/cart-0  lost   4321 "test"   GET /feed   10.9.1.2:43432 → ...   late-teardown`
  ///
  /// - Parameters:
  ///   - pods: the pods of interfaces, by the numbers that legs carry.
  package static func text(
    _ session: Session, pods: [UInt32: PodName], style: TextStyle
  ) -> String {
    var parts = [style.dim(TimeText(fractionDigits: 6).text(end(of: session)))]
    let pods = session.pods(pods)
    if !pods.isEmpty { parts.append(pods.map(\.description).joined(separator: ",")) }
    parts.append(Headline(session: session, style: style).text)
    let rules = session.findings.map(\.rule)
    if !rules.isEmpty { parts.append(rules.joined(separator: ", ")) }
    if let reason = session.judgement.reason { parts.append("(\(reason.rawValue))") }
    return parts.joined(separator: "  ") + "\n"
  }

  /// When its end was captured, or the last that is known of it.
  private static func end(of session: Session) -> Timestamp {
    session.teardown?.end.packet.time ?? session.timeline.last?.packet.time ?? session.start.time
  }
}

extension Session {
  /// The pods in which its legs were seen, client side first.
  func pods(_ pods: [UInt32: PodName]) -> [PodName] {
    var found: [PodName] = []
    for leg in legs {
      for pod in leg.pods(pods) where !found.contains(pod) { found.append(pod) }
    }
    return found
  }
}

extension Leg {
  func pods(_ pods: [UInt32: PodName]) -> [PodName] {
    guard !pods.isEmpty else { return [] }
    var found: [PodName] = []
    for case let pod? in observations.map({ $0.connection.interface.flatMap { pods[$0] } })
    where !found.contains(pod) {
      found.append(pod)
    }
    return found
  }
}
