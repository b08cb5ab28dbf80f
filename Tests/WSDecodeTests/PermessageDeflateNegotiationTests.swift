import TestSupport
import Testing
import WSDecode

@Suite struct PermessageDeflateNegotiationTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var fields: [String]
    /// Whether client and server take their window over; `nil` if nothing is agreed on.
    var takesOver: (client: Bool, server: Bool)?
  }

  static let name = "Sec-WebSocket-Extensions"
  static let rows = [
    Row(testDescription: "none", fields: [], takesOver: nil),
    Row(testDescription: "empty", fields: ["\(name):"], takesOver: nil),
    Row(testDescription: "another", fields: ["\(name): x-webkit-deflate-frame"], takesOver: nil),
    Row(testDescription: "a longer name", fields: ["\(name): permessage-deflate2"], takesOver: nil),
    Row(testDescription: "plain", fields: ["\(name): permessage-deflate"], takesOver: (true, true)),
    Row(
      testDescription: "client", fields: ["\(name): permessage-deflate; client_no_context_takeover"],
      takesOver: (false, true)),
    Row(
      testDescription: "server", fields: ["\(name): permessage-deflate;server_no_context_takeover"],
      takesOver: (true, false)),
    Row(
      testDescription: "both and windows",
      fields: [
        "\(name): permessage-deflate; server_no_context_takeover ; client_max_window_bits=15;"
          + "\tclient_no_context_takeover; server_max_window_bits=\"10\""
      ], takesOver: (false, false)),
    Row(
      testDescription: "letter case",
      fields: ["sec-websocket-extensions: Permessage-Deflate; Client_No_Context_Takeover"],
      takesOver: (false, true)),
    Row(
      testDescription: "behind others, in a second field",
      fields: ["\(name): a; b=c, d", "\(name): e,permessage-deflate; server_no_context_takeover"],
      takesOver: (true, false)),
  ]

  @Test(arguments: rows)
  func `the response says who takes the window over`(_ row: Row) {
    let deflate = UpgradeTests.run(response: row.fields).responses.first?.deflate
    #expect(deflate?.clientTakesOver == row.takesOver?.client)
    #expect(deflate?.serverTakesOver == row.takesOver?.server)
  }

  @Test func `what the client offers agrees on nothing`() {
    let legs = UpgradeTests.run(request: ["\(Self.name): permessage-deflate"])
    #expect(legs.responses.map(\.deflate) == [nil])
  }
}
