import Capture
import Streams
import TestSupport
import Testing

@testable import CloseAnalysis

/// Behind a load balancer that speaks the PROXY protocol.
@Suite struct ProxyHeaderTests {
  static let header = Array("PROXY TCP4 203.0.113.7 192.0.2.1 51234 443\r\n".utf8)

  /// - Parameter balancer: what the client's end of the connection is.
  static func conversation(
    _ header: [UInt8], balancer: String = "10.9.9.9:40000", at time: Double = 0
  ) -> Conversation {
    var talk = Conversation(client: balancer, at: time)
    let key = "dGhlIHNhbXBsZSBub25jZQ=="
    talk.open()
    talk.send(.client, header + WebSocketBytes.request(key: key))
    talk.send(.server, WebSocketBytes.response(key: key))
    talk.acknowledge(.client)
    talk.send(.server, WebSocketBytes.close(4321, "bye"))
    talk.acknowledge(.client)
    talk.finish(.server)
    return talk
  }

  @Test func `the client of the leg is a proxy, for whom the header tells`() throws {
    let session = try #require(Stages.sessions(of: Self.conversation(Self.header).packets).first)
    #expect(session.verdict == .delivered)
    #expect(session.client.request != nil)
    #expect(session.client.proxied?.source == Endpoint(text: "203.0.113.7:51234"))
    #expect(session.hop.isProxy == true)
    #expect(session.hop.because == "the connection begins with a PROXY header for 203.0.113.7:51234")
  }

  @Test func `a proxy that speaks for itself is the client`() throws {
    let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]
    let packets = Self.conversation(signature + [0x20, 0, 0, 0]).packets
    let session = try #require(Stages.sessions(of: packets).first)
    #expect(session.verdict == .delivered)
    #expect(session.hop.isProxy == false)
  }

  @Test func `the leg that the header names is in front, whatever the clocks say`() throws {
    let front = Self.conversation([], balancer: "203.0.113.7:51234", at: 0.0005)
    let behind = Self.conversation(Self.header)
    let session = try #require(Stages.sessions(of: TestPacket.merged([front.packets, behind.packets])).first)
    #expect(session.legs.map(\.connection.client.address.description) == ["203.0.113.7", "10.9.9.9"])
  }
}
