import LiveOutput
import Testing

@Suite struct StatusTests {
  @Test func `of the sessions only the last are kept, in number and in bytes`() {
    var recent = RecentSessions(limit: 3)
    for number in 1...5 { recent.add(Array("\(number)\n".utf8)) }
    #expect(recent.sessions == [Array("3".utf8), Array("4".utf8), Array("5".utf8)])
    recent.add([UInt8](repeating: 32, count: (1 << 20) - 1))
    #expect(recent.sessions.count == 2)
    recent.add([UInt8](repeating: 32, count: 2 << 20))
    #expect(recent.sessions.count == 2)
  }

  static let places: [(text: String, isOne: Bool)] = [
    ("127.0.0.1:9911", true), ("9911", true), (":9911", true), ("localhost:1", true), ("[::1]:9911", true),
    ("0.0.0.0:80", true), ("::1:9911", false), ("host:9911", false), ("127.0.0.1", false), ("", false),
    ("127.0.0.1:65536", false), ("127.0.0.1:-1", false), ("127.0.0.1: 1", false),
  ]

  @Test(arguments: places)
  func `a place to listen is an address and a port`(text: String, isOne: Bool) {
    #expect(ListeningSocket.isPlace(text) == isOne)
  }
}
