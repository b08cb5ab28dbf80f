import Testing

@testable import TLSDecode

@Suite struct HelloTests {
  static let client = TLSScript.clientHello(
    TLSScript.serverName("chat.example") + TLSScript.protocols("h2") + [0, 42, 0, 0])
  static let server = TLSScript.serverHello(CipherSuite(rawValue: 0x1303), [0, 43, 0, 2, 3, 4])

  @Test func `a ClientHello names the host and the protocols`() throws {
    let hello = try #require(ClientHello(Self.client[...]))
    #expect(hello.random == TLSScript.clientRandom)
    #expect(hello.extensions.serverName == "chat.example")
    #expect(hello.extensions.applicationProtocols == ["h2"])
    #expect(hello.extensions.hasEarlyData)
  }

  @Test func `a ServerHello chooses version and suite`() throws {
    let hello = try #require(ServerHello(Self.server[...]))
    #expect(hello.version == 0x0304)
    #expect(hello.suite.name == "TLS_CHACHA20_POLY1305_SHA256")
  }

  @Test func `without supported_versions the version is that of the message`() throws {
    let bytes = TLSScript.serverHello(CipherSuite(rawValue: 0xc02f), [])
    #expect(try #require(ServerHello(bytes[...])).version == 0x0303)
  }

  @Test func `a message that is cut anywhere is not read beyond its end`() {
    for count in Self.client.indices { _ = ClientHello(Self.client[..<count]) }
    for count in Self.server.indices { _ = ServerHello(Self.server[..<count]) }
    #expect(ClientHello(Self.client.prefix(30)) == nil)
    #expect(ServerHello(Self.server.prefix(30)) == nil)
  }

  @Test(arguments: 1...20)
  func `messages come whole from pieces of any size`(size: Int) {
    let stream =
      TLSScript.message(11, [UInt8](repeating: 9, count: 100)) + TLSScript.message(1, [1, 2, 3])
      + TLSScript.message(20, [7]) + TLSScript.message(24, [0])
    var reader = HandshakeReader()
    var found: [String] = []
    for start in stride(from: 0, to: stream.count, by: size) {
      for message in reader.receive(stream[start..<min(start + size, stream.count)]) {
        found.append("\(message.type): \(Array(message.body))")
      }
    }
    #expect(found == ["1: [1, 2, 3]", "24: [0]"])
  }
}
