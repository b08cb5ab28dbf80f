import Capture
import CloseAnalysis
import Foundation
import TestSupport
import Testing

/// The rules on recordings of real programs.
@Suite struct FindingSampleTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "samples/recorded").path

  static func session(_ folder: String, _ capture: String = "pod.pcap") throws -> Session {
    let packets = try TestPacket.read("\(root)/\(folder)/\(capture)")
    return try #require(Stages.sessions(of: packets).first)
  }

  static let drop = ["delayed-close-drop", "close-not-forwarded", "proxy-cut-stream"]

  static let expectations: [(folder: String, capture: String, has: [String], lacks: [String])] = [
    ("lost-close-default", "pod.pcap", drop + ["slow-client"], ["late-teardown"]),
    ("lost-close-default", "client.pcap", ["proxy-cut-stream", "slow-client"], ["no-close-from-server"]),
    ("lost-close-gateway", "gateway.pcap", drop, ["late-teardown"]),
    ("lost-close-gateway", "pod.pcap", ["late-teardown"], drop),
    ("lost-close-zero", "pod.pcap", ["slow-client"], drop + ["late-teardown"]),
    ("default-patient", "pod.pcap", ["late-teardown"], ["server-did-not-wait", "client-gave-up"]),
    ("default-patient", "client.pcap", ["late-teardown"], ["client-gave-up"]),
    ("default-firefox", "client.pcap", ["client-gave-up"], ["late-teardown"]),
    ("zero-node", "pod.pcap", [], ["late-teardown"]), ("zero-chromium", "pod.pcap", [], ["late-teardown"]),
    ("server-close-fin-firefox", "pod.pcap", ["server-did-not-wait"], ["late-teardown"]),
    ("server-terminate", "pod.pcap", ["no-close-from-server"], ["no-close-from-proxy"]),
    ("server-terminate", "gateway.pcap", ["no-close-from-proxy"], ["no-close-from-server"]),
    ("idle-timeout", "pod.pcap", ["no-close-from-proxy"], ["no-close-from-server", "client-left"]),
    ("client-terminate", "client.pcap", ["client-left"], ["no-close-from-proxy"]),
    ("client-terminate", "pod.pcap", ["client-left"], ["no-close-from-proxy"]),
    ("client-close", "client.pcap", [], ["client-left", "client-gave-up", "server-did-not-wait"]),
    ("upgrade-refused", "pod.pcap", ["upgrade-refused"], ["client-left"]),
  ]

  @Test(arguments: expectations)
  func `a recording shows what its scenario did`(
    folder: String, capture: String, has: [String], lacks: [String]
  ) throws {
    let rules = try Self.session(folder, capture).rules
    for rule in has { #expect(rules.contains(rule), "\(rules)") }
    for rule in lacks { #expect(!rules.contains(rule), "\(rules)") }
  }

  @Test func `the first remedy of a lost Close frame is Envoy's setting, with its risk and the alternative`()
    throws
  {
    let remedy = try #require(
      try Self.session("lost-close-default").findings.lazy.compactMap(\.remedy).first)
    #expect(remedy.summary.contains("delayed_close_timeout: 0s"))
    #expect(remedy.summary.contains("never disconnected"))
    #expect(remedy.summary.contains("5s"))
    #expect(remedy.paste?.contains("kind: EnvoyFilter") == true)
  }

  static let all: [String] = {
    let files = FileManager.default.enumerator(atPath: root)
    return (files?.allObjects ?? []).compactMap { $0 as? String }.filter { $0.hasSuffix(".pcap") }.sorted()
  }()

  @Test(arguments: all)
  func `a finding names its packets, and one for information asks for no change`(_ capture: String) throws {
    let packets = try TestPacket.read("\(Self.root)/\(capture)")
    for session in Stages.sessions(of: packets) {
      for finding in session.findings {
        #expect(!finding.packets.isEmpty)
        #expect(finding.severity != .info || finding.remedy == nil, "\(finding.rule)")
        #expect(finding.text.hasSuffix(".") && finding.text.first?.isLowercase == false)
      }
    }
  }

  /// What is told only because a packet is missing would be a false accusation; of the capture, and of ACKs
  /// that it lacks, more may be told.
  @Test(arguments: all)
  func `missing one packet makes up no error and no warning`(_ capture: String) throws {
    let packets = try TestPacket.read("\(Self.root)/\(capture)")
    func rules(_ packets: [TestPacket]) -> Set<String> {
      let told = Stages.sessions(of: packets).flatMap(\.findings).filter { $0.severity != .info }.map(\.rule)
      return Set(told.filter { !$0.hasPrefix("capture-") && $0 != "close-unacknowledged" })
    }
    let whole = rules(packets)
    // Some stand for all where there are many.
    let stride = max(1, (packets.count + packets.reduce(0) { $0 + $1.payload.count } / 4096) / 12)
    for index in packets.indices where index % stride == 0 {
      var rest = packets
      rest.remove(at: index)
      var new = rules(rest).subtracting(whole)
      // HAProxy does not name itself: its front leg alone looks like a server's, as the finding says.
      if capture.hasPrefix("haproxy") { new.remove("no-close-from-server") }
      #expect(new.isEmpty, "without packet \(index + 1): \(new)")
    }
  }
}
