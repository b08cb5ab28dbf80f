import Testing

/// `wsclose explain`
@Suite struct ExplainCommandTests {
  @Test(arguments: ["1006", "late-teardown", "4000-4999", "4321", "IDLE-TIMEOUT"])
  func `a rule, a code or a range is explained`(_ topic: String) async throws {
    let outcome = try await Command.wsclose(["explain", topic])
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    #expect(outcome.output.lowercased().hasPrefix(topic.lowercased()))
    #expect(outcome.output.contains("What to do"))
  }

  @Test func `without a topic all are listed`() async throws {
    let outcome = try await Command.wsclose(["explain"])
    #expect(outcome.status == 0)
    for topic in ["delayed-close-drop", "capture-late", "1006 Abnormal Closure", "4000-4999"] {
      #expect(outcome.output.contains(topic))
    }
  }

  @Test(arguments: [
    ("late-teardwn", "did you mean late-teardown?"), ("nonsense!", "lists all rules and codes"),
    ("99999", "lists all rules and codes"), ("\u{1b}[31m\n", "\"?[31m?\""),
  ])
  func `an unknown topic is one line on standard error and exit status 64`(
    _ topic: String, advice: String
  ) async throws {
    let outcome = try await Command.wsclose(["explain", topic])
    #expect(outcome.status == 64)
    #expect(outcome.output == "")
    #expect(outcome.errorLines.count == 1)
    #expect(outcome.errors.contains(advice))
  }
}
