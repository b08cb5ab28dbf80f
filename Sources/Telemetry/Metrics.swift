import CloseAnalysis
import WSDecode

/// What is counted of the sessions of a live capture. Each label has the values of an enumeration or of a catalogue, so
/// that nothing on the wire can add time series.
package struct Metrics: Sendable {
  private var verdicts: [Verdict: UInt64] = [:]
  private var reasons: [UndeterminedReason: UInt64] = [:]
  private var codes: [String: UInt64] = [:]
  private var rules: [String: UInt64] = [:]
  private var teardowns: [TeardownParty: UInt64] = [:]
  private var latency = Histogram(
    bounds: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60])
  /// Around one second for each Envoy (`delayed_close_timeout`) and the two that Chromium waits.
  private var delay = Histogram(
    bounds: [0.01, 0.05, 0.1, 0.25, 0.5, 0.9, 1.1, 1.9, 2.1, 3.1, 5, 10, 30, 60])

  package init() {}

  package mutating func count(_ session: Session) {
    verdicts[session.verdict, default: 0] += 1
    if let reason = session.judgement.reason { reasons[reason, default: 0] += 1 }
    if let close = session.close { codes[CloseCodeLabel.label(close.seen.body.code), default: 0] += 1 }
    for finding in session.findings { rules[finding.rule, default: 0] += 1 }
    if session.verdict == .delivered, let seconds = session.judgement.delivery.latency {
      latency.observe(seconds)
    }
    guard let teardown = session.teardown else { return }
    teardowns[teardown.by, default: 0] += 1
    if let seconds = teardown.afterClose { delay.observe(seconds) }
  }

  package var families: [MetricFamily] {
    [
      MetricFamily(
        "wsclose_sessions_total", "WebSockets that have ended, by the verdict on the server's Close frame.",
        Self.counter("verdict", Verdict.allCases.map(\.rawValue), verdicts.named)),
      MetricFamily(
        "wsclose_undetermined_sessions_total", "WebSockets without a verdict, by the reason.",
        Self.counter("reason", UndeterminedReason.allCases.map(\.rawValue), reasons.named)),
      MetricFamily(
        "wsclose_close_codes_total", "Close frames of servers, by code or range of codes.",
        Self.counter("code", CloseCodeLabel.all, codes)),
      MetricFamily(
        "wsclose_findings_total", "Findings, by rule: wsclose explain RULE tells what it means.",
        Self.counter("rule", ExplainCatalogue.rules.map(\.topic), rules)),
      MetricFamily(
        "wsclose_teardowns_total", "Ends of client-most connections, by who ended them.",
        Self.counter("by", TeardownParty.allCases.map(\.rawValue), teardowns.named)),
      MetricFamily(
        "wsclose_delivery_latency_seconds",
        "Time from the server's Close frame to the proof that it was delivered.", .histogram(latency)),
      MetricFamily(
        "wsclose_teardown_delay_seconds",
        "Time from the server's Close frame on the client-most leg to the end of that connection.",
        .histogram(delay)),
    ]
  }

  /// All values are there from the beginning: a rate needs a sample of 0 before the first event.
  private static func counter(
    _ label: StaticString, _ values: [String], _ counts: [String: UInt64]
  ) -> MetricFamily.Value {
    .counter(values.map { MetricFamily.Sample(Double(counts[$0, default: 0]), [(label, $0)]) })
  }
}

extension Dictionary where Key: RawRepresentable<String>, Value == UInt64 {
  fileprivate var named: [String: UInt64] {
    reduce(into: [:]) { $0[$1.key.rawValue] = $1.value }
  }
}
