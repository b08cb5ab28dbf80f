import Streams
import Testing

@testable import TLSDecode

/// With the secrets, the decoder puts out what TLS carries.
@Suite struct OpeningTests {
  static let suites: [(TLSScript.Version, UInt16)] = [
    (.tls13, 0x1301), (.tls13, 0x1302), (.tls13, 0x1303), (.tls12, 0xc02f), (.tls12, 0xc030),
    (.tls12, 0xcca8), (.tls12, 0x009c),
  ]

  @Test(arguments: suites)
  func `every suite opens`(version: TLSScript.Version, suite: UInt16) {
    var script = TLSScript.opened(version, suite: suite)
    script.send(.client, "GET / HTTP/1.1")
    script.send(.server, "HTTP/1.1 200")
    script.send(.server, " OK")
    var wire = TLSWire(script.keyLog())
    wire.send(script.records)
    #expect(wire.text(.client) == "GET / HTTP/1.1")
    #expect(wire.text(.server) == "HTTP/1.1 200 OK")
    #expect(wire.description?.access == .decrypted)
    #expect(wire.description?.serverName == "chat.example")
    #expect(wire.description?.applicationProtocol == "http/1.1")
    #expect(wire.description?.version == (version == .tls13 ? 0x0304 : 0x0303))
  }

  /// In a capture that goes on a key log is followed.
  @Test(arguments: TLSScript.Version.allCases)
  func `secrets may come behind the ClientHello that they are for`(version: TLSScript.Version) {
    var script = TLSScript.opened(version)
    script.send(.server, "HTTP/1.1 200 OK")
    var wire = TLSWire(KeyLog())
    wire.send(Array(script.records.prefix(1)))
    #expect(wire.decoder.addSecrets(Array(script.keyLogText().utf8)) == nil)
    wire.send(Array(script.records.dropFirst()))
    #expect(wire.text(.server) == "HTTP/1.1 200 OK")
  }

  @Test(arguments: [1, 2, 3, 7, 20, 100], TLSScript.Version.allCases)
  func `cutting the stream elsewhere changes nothing`(size: Int, version: TLSScript.Version) {
    var script = TLSScript.opened(version)
    for number in 0..<20 { script.send(number.isMultiple(of: 3) ? .client : .server, "message \(number) ") }
    var whole = TLSWire(script.keyLog())
    whole.send(script.records)
    var cut = TLSWire(script.keyLog())
    cut.send(script.records, cutInto: size)
    #expect(cut.text(.client) == whole.text(.client) && cut.text(.server) == whole.text(.server))
    #expect(whole.text(.client).hasPrefix("message 0 message 3 "))
  }

  @Test func `the client's bytes wait for the server's hello, and the other way round`() {
    var script = TLSScript.opened()
    script.send(.client, "hello")
    script.send(.server, "world")
    for first in [Side.client, .server] {
      var wire = TLSWire(script.keyLog())
      wire.send(script.records.filter { $0.side == first })
      wire.send(script.records.filter { $0.side != first })
      #expect(wire.text(.client) == "hello" && wire.text(.server) == "world")
    }
  }

  @Test func `padding is not content`() {
    var script = TLSScript.opened()
    script.send(.server, "abc", padding: 100)
    var wire = TLSWire(script.keyLog())
    wire.send(script.records)
    #expect(wire.text(.server) == "abc")
  }

  @Test(arguments: [Set<String>(), ["SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_HANDSHAKE_TRAFFIC_SECRET"]])
  func `the handshake's own records are no content`(missing: Set<String>) {
    var script = TLSScript()
    script.hello()
    script.use(.server, secret: 0x82)
    script.seal(.server, 22, TLSScript.message(8, TLSScript.vector(2, TLSScript.protocols("istio"))))
    script.seal(.server, 22, TLSScript.message(20, [UInt8](repeating: 1, count: 32)))
    script.use(.client, secret: 0x81)
    script.seal(.client, 22, TLSScript.message(20, [UInt8](repeating: 1, count: 32)))
    script.useApplicationKeys()
    script.seal(.server, 22, TLSScript.message(4, [1, 2, 3]))
    script.send(.server, "data")
    script.send(.client, "more")
    var wire = TLSWire(script.keyLog(without: missing))
    wire.send(script.records)
    #expect(wire.text(.server) == "data" && wire.text(.client) == "more")
    #expect(wire.description?.applicationProtocol == (missing.isEmpty ? "istio" : "http/1.1"))
  }

  @Test func `KeyUpdate changes the keys of its sender`() {
    var script = TLSScript.opened()
    script.send(.server, "one ")
    script.seal(.server, 22, TLSScript.message(24, [0]))
    script.useUpdated(.server, secret: 0xa2)
    script.send(.server, "two")
    script.send(.client, "three")
    var wire = TLSWire(script.keyLog())
    wire.send(script.records)
    #expect(wire.text(.server) == "one two" && wire.text(.client) == "three")
  }

  @Test(arguments: [true, false])
  func `early data counts if the server accepts it`(isAccepted: Bool) {
    var script = TLSScript()
    script.hello(hasEarlyData: true)
    script.use(.client, secret: 0xe1)
    script.send(.client, "early ")
    script.use(.server, secret: 0x82)
    let extensions: [UInt8] = isAccepted ? [0, 42, 0, 0] : []
    script.seal(.server, 22, TLSScript.message(8, TLSScript.vector(2, extensions)))
    script.useApplicationKeys()
    script.send(.client, "late")
    for order in [false, true] {
      var wire = TLSWire(script.keyLog())
      if order {
        wire.send(script.records.filter { $0.side == .client })
        wire.send(script.records.filter { $0.side == .server })
      } else {
        wire.send(script.records)
      }
      #expect(wire.text(.client) == (isAccepted ? "early late" : "late"))
    }
  }

  @Test(arguments: TLSScript.Version.allCases)
  func `alerts are told`(version: TLSScript.Version) {
    var script = TLSScript.opened(version)
    script.send(.server, "bye")
    script.seal(.server, 21, [1, 0])
    var wire = TLSWire(script.keyLog())
    wire.send(script.records)
    #expect(wire.alerts(.server) == [0])
    #expect(wire.text(.server) == "bye")
  }

  @Test func `TLS may begin behind a CONNECT`() {
    var script = TLSScript.opened()
    script.send(.client, "hidden")
    var wire = TLSWire(script.keyLog())
    wire.send(.client, Array("CONNECT a:443 HTTP/1.1\r\n\r\n".utf8))
    wire.send(.server, Array("HTTP/1.1 200 OK\r\n\r\n".utf8))
    wire.send(script.records)
    #expect(wire.text(.client) == "CONNECT a:443 HTTP/1.1\r\n\r\nhidden")
    let last = wire.recorder.chunks.last
    #expect(last?.offset == 26)
  }

  @Test func `what is not TLS passes unchanged`() {
    for text in [
      "GET / HTTP/1.1\r\n", "CONNECT a:1 HTTP/1.1\r\n\r\nabc", "\u{16}", "\u{16}\u{3}", "x", "CONNEC",
    ] {
      for size in [1, 3, 100] {
        var wire = TLSWire()
        wire.send(.client, Array(text.utf8), cutInto: size)
        wire.send(.server, Array("answer".utf8), cutInto: size)
        wire.end(.client)
        wire.close()
        #expect(wire.text(.client) == text && wire.text(.server) == "answer")
        #expect(wire.description == nil)
        #expect(wire.recorder.events.last == .closed(.ended))
      }
    }
  }
}
