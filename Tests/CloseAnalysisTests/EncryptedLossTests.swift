import CloseAnalysis
import Foundation
import TLSDecode
import TestSupport
import Testing

/// What a capture with TLS and HTTP/2 lacks, packets or keys, makes no verdict false.
@Suite struct EncryptedLossTests {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "samples/encrypted").path

  /// Those that are short enough to be read often; no key opens the last ones.
  static let captures: [String] = {
    let folders = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    let closed = ["mtls-late", "h2-mtls-late", "wss12-cbc"]
    return folders.filter { !closed.contains($0) }.flatMap { folder in
      ["pod.pcap", "gateway.pcap"].map { "\(folder)/\($0)" }
    }.filter { capture in
      let size = (try? FileManager.default.attributesOfItem(atPath: "\(root)/\(capture)"))?[.size] as? Int
      return size.map { $0 < 40_000 } ?? false
    }.sorted()
  }()

  static func keyLog(_ capture: String) -> KeyLog {
    var log = KeyLog()
    let path = "\(root)/\(capture.split(separator: "/")[0])/keys.log"
    if let bytes = FileManager.default.contents(atPath: path) { log.append(bytes) }
    return log
  }

  @Test func `there are captures to lose packets from`() { #expect(Self.captures.count > 30) }

  @Test(arguments: captures, [true, false])
  func `missing one packet makes no verdict false`(_ capture: String, hasKeys: Bool) throws {
    let packets = try TestPacket.read("\(Self.root)/\(capture)")
    let keyLog = Self.keyLog(capture)
    let whole = Stages.sessions(of: packets, keyLog: keyLog).map { LossTests.Claim($0) }
    for index in packets.indices {
      var rest = packets
      rest.remove(at: index)
      for session in Stages.sessions(of: rest, keyLog: hasKeys ? keyLog : KeyLog()) {
        let claim = LossTests.Claim(session)
        #expect(claim.follows(from: whole), "without packet \(index + 1): \(claim), with it \(whole)")
      }
    }
  }

  @Test(arguments: captures, [true, false])
  func `missing the beginning makes no verdict false`(_ capture: String, hasKeys: Bool) throws {
    let packets = try TestPacket.read("\(Self.root)/\(capture)")
    let keyLog = Self.keyLog(capture)
    let whole = Stages.sessions(of: packets, keyLog: keyLog).map { LossTests.Claim($0) }
    for count in stride(from: 1, to: packets.count, by: 2) {
      let rest = Array(packets.dropFirst(count))
      for session in Stages.sessions(of: rest, keyLog: hasKeys ? keyLog : KeyLog()) {
        let claim = LossTests.Claim(session)
        #expect(claim.follows(from: whole), "from packet \(count + 1) on: \(claim), with it \(whole)")
      }
    }
  }
}
