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

  /// What a session claims, with what tells it from the others of its capture.
  struct Claim: CustomStringConvertible {
    var key: String?
    var verdict: Verdict
    var code: UInt16?
    /// Whether the session's outermost leg ends at a proxy, and not at the client; `nil` if unknown.
    var isProxy: Bool?
    var hops: [Endpoint]

    init(_ session: Session) {
      key = session.legs.lazy.compactMap(\.acceptToken).first
      verdict = session.verdict
      code = session.close?.seen.body.code?.rawValue
      isProxy = session.hop.isProxy
      hops = session.legs.map(\.connection.client)
    }

    /// Whether a capture with more packets, that makes the claims `whole`, bears this one out.
    func follows(from whole: [Claim]) -> Bool {
      if verdict == .undetermined || verdict == .open { return true }
      if isHopBehind(of: whole) { return isProxy != false }
      return whole.contains { claim in
        claim.verdict == verdict && (key == nil || claim.key == nil || claim.key == key)
          && (code == nil || claim.code == nil || claim.code == code)
      }
    }

    /// What is true of a leg behind a proxy says nothing of the client, and must not say that it does.
    private func isHopBehind(of whole: [Claim]) -> Bool {
      whole.contains { $0.hops.dropFirst().contains(hops[0]) }
    }

    var description: String { "\(verdict) \(code.map(String.init) ?? "-") \(key ?? "-")" }
  }

  static func claims(of packets: [TestPacket]) -> [Claim] {
    Stages.sessions(of: packets).map { Claim($0) }
  }

  @Test func `there are samples to lose packets from`() { #expect(Self.captures.count > 20) }

  @Test(arguments: captures)
  func `missing one packet makes no verdict false`(_ path: String) throws {
    let packets = try TestPacket.read(path)
    let whole = Self.claims(of: packets)
    // Every packet of the short captures; of the long ones as many as the time allows.
    let bytes = packets.reduce(1) { $0 + $1.payload.count + 64 }
    let stride = max(1, packets.count / max(24, 8_000_000 / bytes))
    for index in packets.indices where index % stride == 0 {
      var rest = packets
      rest.remove(at: index)
      for claim in Self.claims(of: rest) {
        #expect(claim.follows(from: whole), "without packet \(index + 1): \(claim), with it \(whole)")
      }
    }
  }

  @Test(arguments: captures)
  func `missing any hundredth packet makes no verdict false`(_ path: String) throws {
    try expectTruth(of: path, rounds: 40) { packets, random in
      packets.filter { _ in random.next() % 100 != 0 }
    }
  }

  /// A burst is what an overrun buffer loses.
  @Test(arguments: captures)
  func `missing bursts of packets makes no verdict false`(_ path: String) throws {
    try expectTruth(of: path, rounds: 20) { packets, random in
      let count = 2 + Int(random.next() % 6)
      let first = Int(random.next() % UInt64(packets.count))
      return Array(packets[..<first] + packets[min(first + count, packets.count)...])
    }
  }

  @Test(arguments: captures)
  func `missing the beginning makes no verdict false`(_ path: String) throws {
    try expectTruth(of: path, rounds: 20) { packets, random in
      Array(packets.dropFirst(Int(random.next() % UInt64(packets.count))))
    }
  }

  @Test(arguments: captures, [96, 128])
  func `packets cut by the snaplen make no verdict false`(_ path: String, snaplen: Int) throws {
    let packets = try TestPacket.read(path)
    let whole = Self.claims(of: packets)
    // Ethernet, IPv4 and TCP with the timestamps option.
    for claim in Self.claims(of: packets.snapped(to: snaplen - 66)) {
      #expect(claim.follows(from: whole), "\(claim), whole \(whole)")
    }
  }

  private func expectTruth(
    of path: String, rounds: Int, _ lose: ([TestPacket], inout SeededGenerator) -> [TestPacket],
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    let packets = try TestPacket.read(path)
    let whole = Self.claims(of: packets)
    let bytes = packets.reduce(1) { $0 + $1.payload.count + 64 }
    for seed in 0..<UInt64(min(rounds, max(6, 8_000_000 / bytes))) {
      var random = SeededGenerator(seed: seed)
      for claim in Self.claims(of: lose(packets, &random)) {
        #expect(
          claim.follows(from: whole), "seed \(seed): \(claim), whole \(whole)", sourceLocation: location)
      }
    }
  }
}
