import Foundation
import Testing

/// Every recording of real programs, as each vantage alone and all together show it.
@Suite struct SampleTests {
  @Test func `every recording has its captures and says what they must show`() throws {
    #expect(Sample.folders.count >= 20)
    for folder in Sample.folders {
      let captures = Sample.all.filter { $0.folder == folder }.map(\.capture)
      let sample = try #require(Sample.all.first { $0.folder == folder }, "\(folder)")
      #expect(try sample.scenario.captures == captures, "\(folder)")
      #expect(try sample.clients.told.count >= 1, "\(folder)")
    }
  }

  @Test(arguments: Sample.all)
  func `the verdict is what the recording knows`(_ sample: Sample) async throws {
    try await sample.report.expectSessions(sample.scenario.expectations(sample.capture))
  }

  @Test(arguments: Sample.folders)
  func `the captures of one recording together show each session once`(folder: String) async throws {
    let samples = Sample.all.filter { $0.folder == folder }
    let expected = try #require(samples.first).scenario.expectations(nil)
    for paths in [samples.map(\.path), samples.reversed().map(\.path)] {
      let report = try await Report.of(paths)
      #expect(report.captures.count == samples.count)
      report.expectSessions(expected)
    }
  }

  static let clients = Sample.all.filter { $0.capture == "client.pcap" }

  @Test(arguments: clients)
  func `the client's program is predicted to see what it reported`(_ sample: Sample) async throws {
    let clients = try sample.clients
    let sessions = try await sample.report.sessions
    #expect(sessions.count == clients.told.count)
    for told in clients.told {
      let session = try #require(sessions.first { told.port == nil || told.port == $0.port })
      let prediction = session.clientSees.first { $0.client == clients.program }
      if session.closeBeforeTeardown == nil {
        #expect(prediction == nil, "Nothing is predicted where nothing is known.")
      } else {
        #expect(prediction?.code == told.code)
        #expect(prediction?.reason == told.reason)
        if let wasClean = told.wasClean { #expect(prediction?.wasClean == wasClean) }
      }
    }
  }

  @Test(arguments: clients.filter { $0.isComplete })
  func `a User-Agent that is known leaves one program`(_ sample: Sample) async throws {
    let program = try sample.clients.program
    for session in try await sample.report.sessions where session.closeBeforeTeardown != nil {
      let predicted = session.clientSees.map(\.client)
      #expect(predicted == [program] || program == "node-ws")
      #expect(predicted.contains(program) && Set(predicted).count == predicted.count)
    }
  }

  /// Written by `make reports`, and read by people before they are committed.
  @Test(arguments: Sample.all)
  func `the text report is the one beside the capture`(_ sample: Sample) async throws {
    let name = sample.capture.replacing(".pcap", with: ".report.txt")
    let expected = FileManager.default.contents(atPath: "\(sample.folderPath)/\(name)")
      .map { String(decoding: $0, as: UTF8.self) }
    let outcome = try await Command.wsclose([sample.capture], in: sample.folderPath)
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    #expect(outcome.output == (try #require(expected, "\(name) is missing: make reports writes it")))
  }
}
