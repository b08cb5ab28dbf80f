import Testing

@testable import Report

@Suite struct RedactionTests {
  static let rows: [(target: String, shown: String)] = [
    ("/feed", "/feed"), ("/", "/"), ("*", "*"), ("", ""), ("/feed?", "/feed?"),
    ("/feed?token=SECRET", "/feed?token=…"), ("/feed?token=SECRET&v=SECRET", "/feed?token=…&v=…"),
    ("/feed?SECRET", "/feed?…"), ("/feed?a=&b", "/feed?a=…&…"), ("/feed?a=SECRET=SECRET", "/feed?a=…"),
    ("/feed?a=SECRET?b=SECRET", "/feed?a=…"), ("/feed?a=SECRET;b=SECRET", "/feed?a=…"),
    ("/feed?a=%53ECRET&&b=SECRET", "/feed?a=…&&b=…"), ("/feed?=SECRET", "/feed?=…"),
    ("/feed?a=SECRET#SECRET", "/feed?a=…"), ("wss://example.com/feed?a=SECRET", "wss://example.com/feed?a=…"),
  ]

  @Test(arguments: rows)
  func `a query keeps its names and loses its values`(_ target: String, shown: String) {
    #expect(Redaction.target(target) == shown)
  }

  /// A combining mark makes one `Character` of itself and what precedes it; to a server each is a byte.
  @Test(arguments: ["/feed?\u{301}a=SECRET", "/feed?\u{fe0f}SECRET", "/feed?a=\u{301}SECRET&\u{301}b=SECRET"])
  func `a combining mark does not hide where the query begins`(_ target: String) {
    #expect(!Redaction.target(target).contains("SECRET"))
  }

  @Test(arguments: ["http://user:SECRET@example.com/feed", "wss://SECRET@example.com/feed?a=b"])
  func `a password in an absolute target is hidden`(_ target: String) {
    #expect(!Redaction.target(target).contains("SECRET"))
    #expect(Redaction.target(target).contains("example.com/feed"))
  }
}
