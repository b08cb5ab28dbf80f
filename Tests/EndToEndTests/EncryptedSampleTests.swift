import Foundation
import Testing

/// Every recording with TLS, HTTP/2 or tunnels, with its keys and without.
@Suite struct EncryptedSampleTests {
  @Test func `there are recordings`() { #expect(EncryptedSample.folders.count > 50) }

  @Test(arguments: EncryptedSample.all.filter { $0.isOpened })
  func `with the keys the verdict is what the recording knows`(_ sample: EncryptedSample) async throws {
    try await Report.of(sample.keyLog + sample.paths).expectSessions(sample.expectations)
  }

  @Test(arguments: EncryptedSample.all)
  func `without keys nothing is claimed that is not so`(_ sample: EncryptedSample) async throws {
    try expect(try await Report.of(sample.paths), sample.closedExpectations)
  }

  @Test(arguments: EncryptedSample.all.filter { !$0.isOpened })
  func `keys that open nothing change nothing`(_ sample: EncryptedSample) async throws {
    try expect(try await Report.of(sample.keyLog + sample.paths), sample.closedExpectations)
  }

  @Test(arguments: [
    ("mtls", "pod.pcap"), ("mtls-keepalive", "pod.pcap"), ("lost-close-mtls", "pod.pcap"),
    ("wss13-node", "gateway.pcap"), ("wss12-node-chacha", "gateway.pcap"), ("wss12-chromium", "gateway.pcap"),
    ("lost-close-wss-gateway", "gateway.pcap"),
  ])
  func `what the counts fit exactly is told without keys as with them`(
    folder: String, capture: String
  ) async throws {
    let sample = EncryptedSample(folder: folder, capture: capture)
    let counted = try #require(try await Report.of(sample.paths).sessions.first)
    let read = try #require(try await Report.of(sample.keyLog + sample.paths).sessions.first)
    #expect(counted.delivery?.inferred == true && read.delivery?.inferred == false)
    #expect(counted.verdict == read.verdict && counted.close == read.close)
    #expect(counted.forwarding == read.forwarding)
    #expect(counted.teardown?.by == read.teardown?.by)
  }

  /// Each session is one of those expected, and all are there that must be.
  private func expect(_ report: Report, _ expected: [ClosedExpectation]) throws {
    var rest = expected
    for session in report.sessions {
      let match =
        rest.firstIndex { $0.allows(session) && $0.code == session.close?.code }
        ?? rest.firstIndex { $0.allows(session) }
      guard let match else {
        Issue.record("\(session.verdict) \(session.close?.code ?? 0) is none of \(rest)")
        continue
      }
      rest.remove(at: match)
    }
    #expect(rest.allSatisfy { $0.sessionOptional == true })
  }

  static let clients = EncryptedSample.all.filter { $0.capture == "client.pcap" && $0.isOpened }

  @Test(arguments: clients)
  func `the client's program is predicted to see what it reported`(_ sample: EncryptedSample) async throws {
    let clients = try sample.clients
    guard clients.told.count == 1, let told = clients.told.first else { return }
    // A script that speaks through openssl is none of the programs whose rules are known.
    guard ["node-ws", "chromium", "firefox"].contains(clients.program) else { return }
    let session = try #require(try await Report.of(sample.keyLog + sample.paths).sessions.first)
    let prediction = session.clientSees.first { $0.client == clients.program }
    #expect(prediction?.code == told.code)
    #expect(prediction?.reason == told.reason)
    if let wasClean = told.wasClean { #expect(prediction?.wasClean == wasClean) }
  }

  @Test(.enabled(if: FrameCountTests.hasTshark), arguments: EncryptedSample.all.filter { $0.isKnownToTshark })
  func `tshark with the same keys counts the same frames`(_ sample: EncryptedSample) async throws {
    let listed = try await Command.wsclose(["frames", "--format", "ndjson"] + sample.keyLog + sample.paths)
    let tshark = try await Command.run(
      ["/usr/bin/tshark", "-o", "tls.keylog_file:\(sample.keyLog[1])", "-r", sample.paths[0]]
        + ["-Y", "websocket", "-T", "fields", "-e", "websocket.opcode"])
    #expect(tshark.status == 0)
    #expect(try FrameCountTests.opcodes(listed.output) == FrameCountTests.opcodes(tshark: tshark.output))
  }

  @Test(arguments: ["mtls", "wss12-node"])
  func `keys inside a pcapng open it`(folder: String) async throws {
    let path = "\(EncryptedSample.root)/\(folder)"
    let captures = try FileManager.default.contentsOfDirectory(atPath: path).filter {
      $0.hasSuffix(".pcapng")
    }
    #expect(!captures.isEmpty)
    for capture in captures {
      let plain = EncryptedSample(folder: folder, capture: capture.replacing(".pcapng", with: ".pcap"))
      try await Report.of("\(path)/\(capture)").expectSessions(plain.expectations)
    }
  }

  @Test func `a key log that is none is told by its first bad line, and one that is missing ends with 2`()
    async throws
  {
    let sample = try #require(EncryptedSample.all.first { $0.folder == "mtls" && $0.capture == "pod.pcap" })
    try await TemporaryFiles.with { files in
      let bad = try files.file("bad.log", "# comment\nCLIENT_RANDOM zz\nx\n".utf8)
      let outcome = try await Command.wsclose(["--keylog", bad] + sample.paths)
      #expect(outcome.status == 0)
      #expect(outcome.errorLines.count == 1)
      #expect(outcome.errors.contains("bad.log, line 2: ") && outcome.errors.contains("2 such lines"))
      let missing = try await Command.wsclose(["--keylog", files.path + "/none.log"] + sample.paths)
      #expect(missing.status == 2)
      #expect(missing.errorLines.count == 1 && missing.errors.contains("none.log: "))
    }
  }

  @Test func `a key log may come from a pipe`() async throws {
    let sample = try #require(EncryptedSample.all.first { $0.folder == "mtls" && $0.capture == "pod.pcap" })
    let outcome = try await Command.shell(
      "cat \"$1\" | \"$wsclose\" --format json --keylog /dev/stdin \"$2\"",
      [sample.keyLog[1], sample.paths[0]])
    let file = try await Command.wsclose(["--format", "json"] + sample.keyLog + sample.paths)
    #expect(outcome.status == 0 && outcome.output == file.output)
  }
}
