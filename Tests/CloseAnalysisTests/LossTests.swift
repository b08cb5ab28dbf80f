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
    // Of long bursts of equal data packets a few stand for all.
    let stride = max(1, packets.count / 150)
    for index in packets.indices where index % stride == 0 || packets[index].payload.count < 200 {
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
