import Glibc
import Testing

@testable import LiveOutput

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
    ("127.0.0.1:65536", false), ("127.0.0.1:-1", false), ("127.0.0.1: 1", false), ("0", false),
  ]

  @Test(arguments: places)
  func `a place to listen is an address and a port`(text: String, isOne: Bool) {
    #expect(ListeningSocket.isPlace(text) == isOne)
  }

  static let sockets: [(place: String, isLoopback: Bool)] = [
    ("0", true), ("127.0.0.1:0", true), ("127.9.9.9:0", true), ("[::1]:0", true), ("localhost:0", true),
    ("[::ffff:127.0.0.1]:0", true),
    ("0.0.0.0:0", false), ("[::]:0", false),
  ]

  @Test(arguments: sockets)
  func `a socket knows whether only this machine reaches it`(place: String, isLoopback: Bool) throws {
    // A machine may have no IPv6.
    guard let socket = try? ListeningSocket(place) else { return #expect(place.contains("::")) }
    #expect(socket.isLoopback == isLoopback)
    close(socket.descriptor)
  }

  static let hosts: [(fields: [String], isSafe: Bool)] = [
    (["127.0.0.1"], true), (["127.0.0.1:9911"], true), (["10.1.2.3:80"], true), (["localhost"], true),
    (["LocalHost:9911"], true), (["[::1]"], true), (["[::1]:9911"], true), (["[fe80::1]:"], true),
    ([], false), ([""], false), ([":9911"], false), (["example.com"], false), (["example.com:9911"], false),
    (["127.0.0.1.example.com"], false), (["localhost.example.com"], false), (["1.2.3"], false),
    (["127.0.0.1:x"], false), (["[::1"], false), (["[::1]x"], false), (["[localhost]"], false),
    (["::1"], false), (["[127.0.0.1]"], false), (["2130706433"], false), (["127.0.0.1", "127.0.0.1"], false),
    (["a@127.0.0.1"], false), (["127.0.0.1\0.example"], false),
  ]

  @Test(arguments: hosts)
  func `a host that is no address may be anybody's`(fields: [String], isSafe: Bool) {
    #expect(RequestHost.isAddress(fields) == isSafe)
  }
}
