import CloseAnalysis
import Telemetry
import TestSupport
import Testing

@Suite struct MetricsTests {
  static func text(_ metrics: Metrics) -> [String] {
    String(decoding: PrometheusText.render(metrics.families), as: UTF8.self).split(separator: "\n").map(
      String.init)
  }

  static func counted(_ conversations: [ProxiedConversation]) -> [String] {
    var metrics = Metrics()
    for conversation in conversations {
      for session in Stages.sessions(of: conversation.packets) { metrics.count(session) }
    }
    return text(metrics)
  }

  static func closing(_ number: Int, code: UInt16 = 4321) -> ProxiedConversation {
    var conversation = ProxiedConversation(number)
    conversation.upgrade()
    conversation.close(code)
    conversation.onInner { $0.finish(.server) }
    conversation.onOuter { $0.finish(.server) }
    return conversation
  }

  @Test func `each verdict is a time series from the beginning`() {
    let lines = Self.text(Metrics())
    for verdict in Verdict.allCases {
      #expect(lines.contains("wsclose_sessions_total{verdict=\"\(verdict.rawValue)\"} 0"))
    }
  }

  @Test func `a session counts under its verdict, its code's range and its delay`() {
    let lines = Self.counted([Self.closing(0), Self.closing(1, code: 1000)])
    #expect(lines.contains("wsclose_sessions_total{verdict=\"delivered\"} 2"))
    #expect(lines.contains("wsclose_close_codes_total{code=\"4000-4999\"} 1"))
    #expect(lines.contains("wsclose_close_codes_total{code=\"1000\"} 1"))
    #expect(lines.contains("wsclose_delivery_latency_seconds_count 2"))
    #expect(lines.contains("wsclose_teardown_delay_seconds_bucket{le=\"+Inf\"} 2"))
  }

  @Test func `codes on the wire add no time series`() {
    let few = Self.counted([Self.closing(0)])
    let many = Self.counted((0..<40).map { Self.closing($0, code: UInt16($0 * 1600 + 7)) })
    #expect(few.count == many.count)
  }

  @Test func `a bucket counts what is at or below its bound`() {
    var histogram = Histogram(bounds: [1, 2])
    for value in [0.5, 1, 1.5, 3, -1, .nan, .infinity] { histogram.observe(value) }
    #expect(histogram.cumulative == [2, 3, 4])
    #expect(histogram.sum == 6)
  }

  @Test func `what ends a line or a label is escaped`() {
    let family = MetricFamily("a", "x\\y\nz", .gauge([.init(0.5, [("l", "q\"\\\n")])]))
    #expect(
      String(decoding: PrometheusText.render([family]), as: UTF8.self)
        == "# HELP a x\\\\y\\nz\n# TYPE a gauge\na{l=\"q\\\"\\\\\\n\"} 0.5\n")
  }
}
