import CloseAnalysis

extension Session {
  /// The ids of the rules that were triggered, in order.
  package var rules: [String] { findings.map(\.rule) }

  package func finding(_ rule: String) -> Finding? { findings.first { $0.rule == rule } }
}

extension Stages {
  /// The finding of one rule in the first session of some packets.
  package static func finding(_ rule: String, in packets: [TestPacket]) -> Finding? {
    sessions(of: packets).first?.finding(rule)
  }
}
