import Testing

/// What help says works.
@Suite struct AdviceTests {
  /// `kubectl debug -- tcpdump` attaches too late for the file's header.
  @Test func `help names a way to capture in a pod that works`() async throws {
    let help = try await Command.wsclose(["--help"]).output
    #expect(help.contains("kubectl exec"))
    #expect(!help.contains("kubectl debug"))
  }
}
