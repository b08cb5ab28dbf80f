import Testing

@testable import CloseAnalysis

/// By what the observations of one leg are found.
@Suite struct SameLegTests {
  /// Tables whose keys hash alike are searched from end to end.
  @Test func `the streams of one HTTP/2 connection do not hash alike`() {
    let streams = (0..<1000).map { UInt32($0 * 2 + 1) }
    let beginnings = streams.map { SameLeg.Trait.beginning(client: 7, server: 9, http2Stream: $0) }
    let frames = streams.map { SameLeg.Trait.frame(.server, digest: 5, sequence: 9, http2Stream: $0) }
    #expect(Set(beginnings.map(\.hashValue)).count == 1000)
    #expect(Set(frames.map(\.hashValue)).count == 1000)
  }
}
