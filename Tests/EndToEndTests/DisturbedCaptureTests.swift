import TestSupport
import Testing

/// How packets came does not change what they say.
@Suite struct DisturbedCaptureTests {
  static let complete = Sample.all.filter { $0.isComplete }
  static let small = complete.filter { $0.isSmall }

  @Test(arguments: small)
  func `segments of one byte tell the same`(_ sample: Sample) async throws {
    try await expectSame(TestPacket.read(sample.path).cut(into: 1), as: sample)
  }

  @Test(arguments: small)
  func `every packet twice tells the same`(_ sample: Sample) async throws {
    try await expectSame(TestPacket.read(sample.path).doubled, as: sample)
  }

  @Test(arguments: small)
  func `neighbours exchanged tell the same`(_ sample: Sample) async throws {
    let pieces = try TestPacket.read(sample.path).cut(into: 5)
    let disturbed = pieces.reordered(distance: 4, seed: 1)
    #expect(pieces != disturbed)
    try await expectSame(disturbed, as: sample)
  }

  /// Captures of much data in larger pieces, to keep the test short.
  @Test(arguments: complete)
  func `all of that at once tells the same`(_ sample: Sample) async throws {
    let pieces = try TestPacket.read(sample.path).cut(into: sample.isSmall ? 3 : 3000)
    try await expectSame(pieces.doubled.reordered(distance: 5, seed: 2), as: sample)
  }

  private func expectSame(
    _ packets: [TestPacket], as sample: Sample, _ location: SourceLocation = #_sourceLocation
  ) async throws {
    let expected = try await sample.report
    try await TemporaryFiles.with { files in
      let path = try files.file("disturbed.pcap", PcapBytes.file(packets, isNanoseconds: true))
      let found = try await Report.of(path)
      #expect(!found.sessions.isEmpty, sourceLocation: location)
      #expect(found.sessions.map(\.facts) == expected.sessions.map(\.facts), sourceLocation: location)
    }
  }
}

extension Report.Session {
  /// All but the addresses: the captures that these tests write have IPv4 addresses only.
  fileprivate var facts: Self {
    var facts = self
    facts.legs = []
    return facts
  }
}
