import Capture
import CloseAnalysis
import Foundation
import TestSupport
import Testing

/// What the capture misses must not turn into a claim.
@Suite struct LossTests {
  static let captures: [String] = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "samples/recorded")
    let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)
    return (files?.allObjects ?? []).compactMap { ($0 as? URL)?.path }.filter { $0.hasSuffix(".pcap") }
      .sorted()
  }()

  /// The verdicts that may follow from a part of what shows `whole`.
  static func mayFollow(_ verdict: Verdict, from whole: Verdict) -> Bool {
    verdict == whole || verdict == .undetermined || verdict == .open
  }

  @Test func `there are samples to lose packets from`() { #expect(Self.captures.count > 20) }

  @Test(arguments: captures)
  func `missing one packet makes no verdict false`(_ path: String) throws {
    let packets = try SampleCaptures.packets(of: path)
    let whole = Stages.sessions(of: packets).map(\.verdict)
    // Every packet of the short captures; of the long ones as many as the time allows.
    let bytes = packets.reduce(1) { $0 + $1.payload.count + 64 }
    let stride = max(1, packets.count / max(12, 2_000_000 / bytes))
    for index in packets.indices where index % stride == 0 {
      var rest = packets
      rest.remove(at: index)
      let sessions = Stages.sessions(of: rest)
      for session in sessions {
        #expect(
          whole.contains { Self.mayFollow(session.verdict, from: $0) },
          "without packet \(index + 1) of \(path): \(session.verdict), with it \(whole)")
      }
    }
  }
}
