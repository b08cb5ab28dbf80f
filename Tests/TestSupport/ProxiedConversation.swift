import Capture
import Streams
import WSDecode

/// A WebSocket through one proxy: two TCP connections whose bytes behind the handshake are the same. One
/// clock runs for both.
package struct ProxiedConversation {
  /// Between client and proxy.
  package private(set) var outer: Conversation
  /// Between proxy and server.
  package private(set) var inner: Conversation
  /// Seconds since `Conversation.start`.
  package var time: Double
  private let key: String
  /// The client's masking key.
  private let mask: UInt32
  private var stalls: Set<Int> = []

  package static let client = "10.9.1.2"
  package static let proxy = "10.9.1.1"

  /// - Parameters:
  ///   - number: tells the sessions of one capture apart.
  ///   - key: `Sec-WebSocket-Key`; by default one of its own.
  ///   - isn: where all four streams begin; by default far from each other, as on real hosts.
  package init(_ number: Int = 0, at time: Double = 0, isn: UInt32? = nil, key: String? = nil) {
    let port = 40_000 + number
    func start(_ stream: Int) -> UInt32 {
      isn ?? UInt32(truncatingIfNeeded: (number * 4 + stream) * 10_000_019)
    }
    outer = Conversation(
      client: "\(Self.client):\(port)", server: "\(Self.proxy):80", clientISN: start(0), serverISN: start(1))
    inner = Conversation(
      client: "127.0.0.6:\(port)", server: "10.9.2.2:9900", clientISN: start(2), serverISN: start(3))
    self.time = time
    mask = 0x1234_5678 &+ UInt32(truncatingIfNeeded: number) &* 0x9e37_79b1
    self.key = key ?? WebSocketBytes.key(named: "\(number)")
  }

  /// Both legs in the order of time.
  package var packets: [TestPacket] {
    var outerPackets = outer.packets
    for index in stalls { outerPackets[index].segment.window = 0 }
    return TestPacket.merged([outerPackets, inner.packets])
  }

  /// What a capture in front of the proxy shows.
  package var outerPackets: [TestPacket] {
    var packets = outer.packets
    for index in stalls { packets[index].segment.window = 0 }
    return packets
  }

  /// What a capture behind the proxy shows.
  package var innerPackets: [TestPacket] { inner.packets }

  // MARK: Steps

  package mutating func onOuter(_ body: (inout Conversation) -> Void) {
    outer.time = time
    body(&outer)
    time = outer.time
  }

  package mutating func onInner(_ body: (inout Conversation) -> Void) {
    inner.time = time
    body(&inner)
    time = inner.time
  }

  package mutating func wait(_ seconds: Double) { time += seconds }

  /// Both handshakes: the request passes outside in, the 101 inside out.
  ///
  /// - Parameters:
  ///   - proxy: what the proxy writes in the 101 as its name; `nil` for none.
  ///   - behind: the same of what answers the proxy.
  package mutating func upgrade(
    proxy: String? = "envoy", behind: String? = nil, requestFields: [String] = []
  ) {
    let key = key
    let fields = requestFields
    func name(_ server: String?) -> [String] { server.map { ["server: \($0)"] } ?? [] }
    onOuter {
      $0.open()
      $0.send(.client, WebSocketBytes.request(key: key, extraFields: fields))
    }
    onInner {
      $0.open()
      $0.send(.client, WebSocketBytes.request(key: key, extraFields: fields))
      $0.send(.server, WebSocketBytes.response(key: key, extraFields: name(behind)))
      $0.acknowledge(.client)
    }
    onOuter {
      $0.send(.server, WebSocketBytes.response(key: key, extraFields: name(proxy ?? behind)))
      $0.acknowledge(.client)
    }
  }

  /// From the server to the proxy, and on to the client.
  package mutating func fromServer(_ bytes: [UInt8]) {
    intoProxy(bytes)
    onOuter {
      $0.send(.server, bytes)
      $0.acknowledge(.client)
    }
  }

  /// From the server to the proxy only.
  package mutating func intoProxy(_ bytes: [UInt8], fin: Bool = false) {
    onInner {
      $0.send(.server, bytes, fin: fin)
      $0.acknowledge(.client)
    }
  }

  /// From the client to the proxy, and on to the server.
  package mutating func fromClient(_ bytes: [UInt8]) {
    onOuter {
      $0.send(.client, bytes)
      $0.acknowledge(.server)
    }
    onInner {
      $0.send(.client, bytes)
      $0.acknowledge(.server)
    }
  }

  /// The client's next ACK says that it has no room for more.
  package mutating func stall() {
    stalls.insert(outer.packets.count)
    onOuter { $0.acknowledge(.client) }
  }

  /// Both Close frames, the server's first.
  package mutating func close(_ code: UInt16 = 4321) {
    fromServer(WebSocketBytes.close(code, "test"))
    fromClient(WebSocketBytes.close(code, "test", mask: mask))
  }
}
