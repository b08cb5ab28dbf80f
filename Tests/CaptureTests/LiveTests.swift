import Testing

@testable import Capture

/// What of a live capture can be tried without one.
@Suite struct LiveTests {
  // MARK: Counters

  static let counts: [(values: [UInt32], total: UInt64)] = [
    ([0, 0, 0], 0), ([5, 5, 9], 9), ([.max, 3], UInt64(UInt32.max) + 4),
    ([.max - 1, 1, .max - 1], 2 * UInt64(UInt32.max)),
  ]

  @Test(arguments: counts)
  func `a counter of 32 bits goes on when it wraps`(values: [UInt32], total: UInt64) {
    var counter = DropCounter()
    let sum = values.reduce(0) { $0 + counter.advance(to: $1) }
    #expect(counter.total == total)
    #expect(sum == total)
  }

  @Test func `a counter that begins again adds up`() {
    var counter = DropCounter()
    _ = counter.advance(to: 7)
    counter.restart()
    #expect(counter.advance(to: 2) == 2)
    #expect(counter.total == 9)
  }

  // MARK: Time

  static let second = SteadyTime.second
  static func at(_ seconds: Int64) -> Timestamp { Timestamp(nanoseconds: seconds * second) }

  @Test func `before the first packet there is no time`() {
    var clock = LiveClock()
    #expect(clock.tick(at: 5, isIdle: true) == nil)
  }

  @Test func `without packets time goes on from the last one`() {
    var clock = LiveClock()
    clock.note(Self.at(1000), at: 10 * Self.second)
    let later = Timestamp(nanoseconds: 1009 * Self.second + Self.second / 2)
    #expect(clock.tick(at: 20 * Self.second, isIdle: true) == .time(packets: later, steady: later))
  }

  @Test func `while packets wait to be read it is the time of the last one`() {
    var clock = LiveClock()
    clock.note(Self.at(1000), at: 10 * Self.second)
    #expect(
      clock.tick(at: 20 * Self.second, isIdle: false)
        == .time(packets: Self.at(1000), steady: Self.at(1000)))
  }

  @Test func `a clock that is set back does not stop what waits`() {
    var clock = LiveClock()
    clock.note(Self.at(10_000), at: 10 * Self.second)
    _ = clock.tick(at: 10 * Self.second, isIdle: false)
    clock.note(Self.at(6400), at: 11 * Self.second)
    #expect(
      clock.tick(at: 15 * Self.second, isIdle: false)
        == .time(packets: Self.at(6400), steady: Self.at(10_005)))
  }

  // MARK: Pods

  static let environments: [(text: String, pod: PodName?)] = [
    ("A=1\0POD_NAME=cart-0\0POD_NAMESPACE=shop\0", PodName(name: "cart-0", namespace: "shop")),
    ("POD_NAMESPACE=shop\0POD_NAME=cart-0", PodName(name: "cart-0", namespace: "shop")),
    ("POD_NAME=cart-0\0", PodName(name: "cart-0", namespace: nil)),
    ("XPOD_NAME=cart-0\0POD_NAMESPACE=shop\0", nil), ("", nil), ("\0\0", nil), ("POD_NAME=\0", nil),
    ("POD_NAME=a\u{1b}[31m\0", nil), ("POD_NAME=\(String(repeating: "a", count: 254))\0", nil),
    ("POD_NAME=cart\0POD_NAMESPACE=../x\0", PodName(name: "cart", namespace: nil)),
  ]

  @Test(arguments: environments)
  func `the environment of a proxy names its pod`(text: String, pod: PodName?) {
    #expect(PodName(environment: Array(text.utf8)) == pod)
  }

  @Test func `a pod is over when its proxy has not been seen for a while`() throws {
    let identity = try #require(NetworkNamespace.own)
    let place = Sidecars.Place(identity: identity, path: "/proc/1/ns/net", pod: nil)
    var pods = FollowedPods()
    #expect(pods.update([place]).new == [place])
    pods.follow(place, realm: 3)
    #expect(pods.update([place]).new == [])
    #expect(pods.update([]).over == [])
    #expect(pods.update([place]).over == [])
    #expect([pods.update([]).over, pods.update([]).over, pods.update([]).over] == [[], [], [3]])
    #expect(pods.update([place]).new == [place])
  }

  @Test func `a namespace's number is not used again while its sessions may be told`() {
    var realms = Realms()
    #expect([realms.take(), realms.take()] == [1, 2])
    realms.end(1, at: 0)
    #expect(realms.takeForgotten(at: 60 * Self.second) == [])
    #expect(realms.takeForgotten(at: 600 * Self.second) == [1])
    #expect((3...65_535).allSatisfy { realms.take() == UInt16($0) })
    #expect([realms.take(), realms.take()] == [1, nil])
  }

  @Test func `interfaces of other namespaces have numbers of their own`() {
    var table = InterfaceTable()
    let own = table.number(of: 2, realm: 0, label: nil, pod: nil) { "eth0" }
    let pod = PodName(name: "cart-0", namespace: "shop")
    let other = table.number(of: 2, realm: 1, label: "shop/cart-0", pod: pod) { "eth0" }
    #expect(own == 2)
    #expect(other != own)
    #expect(table.number(of: 2, realm: 1, label: nil, pod: nil) { nil } == other)
    #expect(table.names == [own: "eth0", other: "eth0@shop/cart-0"])
    #expect(table.pods == [other: pod])
    table.forget(realm: 1)
    #expect(table.names == [own: "eth0"] && table.pods == [:])
  }

  @Test func `what is known later of a namespace's pod holds for its interfaces`() {
    var table = InterfaceTable()
    let number = table.number(of: 2, realm: 1, label: "/run/netns/a", pod: nil) { "eth0" }
    let other = table.number(of: 2, realm: 2, label: "/run/netns/b", pod: nil) { "eth0" }
    table.noteTold()
    let pod = PodName(name: "cart-0", namespace: "shop")
    table.name(realm: 1, pod)
    #expect(table.isNew)
    #expect(table.names == [number: "eth0@\(pod)", other: "eth0@/run/netns/b"])
    #expect(table.pods == [number: pod])
  }

  // MARK: Packets that wait

  @Test func `packets that wait come out in the order in which they were read`() {
    var queue = PacketQueue()
    var expected: [[UInt8]] = []
    var seen: [[UInt8]] = []
    for round in 0..<200 {
      var batch = queue.takeSpare()
      #expect(batch.packets.isEmpty && batch.bytes.isEmpty)
      for number in 0..<(round % 3) {
        let bytes = [UInt8(round), UInt8(number)]
        let start = batch.bytes.count
        batch.bytes += bytes
        batch.packets.append(
          PacketBatch.Packet(range: start..<start + 2, wireLength: 2, time: Self.at(Int64(round))))
        expected.append(bytes)
      }
      queue.append(batch)
      if round % 2 == 0 { queue.takeFirst { bytes, _ in seen.append([bytes[0], bytes[1]]) } }
    }
    while !queue.isEmpty { queue.takeFirst { bytes, _ in seen.append([bytes[0], bytes[1]]) } }
    #expect(seen == expected)
    #expect(queue.byteCount == 0 && queue.head == nil)
  }

  // MARK: Rights

  static let statuses: [(text: String, set: CapabilitySet?)] = [
    (
      "Name:\tx\nCapInh:\t0000000000000000\nCapEff:\t0000000000282004\n",
      [.readSearch, .netRaw, .ptrace, .admin]
    ),
    ("CapEff:\t0000000000000000\n", []), ("CapPrm:\t1\n", nil), ("CapEff:\tzz\n", nil), ("", nil),
  ]

  @Test(arguments: statuses)
  func `the status of a process tells its rights`(text: String, set: CapabilitySet?) {
    #expect(CapabilitySet(status: Array(text.utf8)) == set)
  }

  static let sources: [(interfaces: [String], namespaces: [String], sidecars: Bool, kept: CapabilitySet)] = [
    (["any"], [], false, []), (["eth0"], [], false, .netRaw), ([], ["/n"], false, []),
    (["any"], [], true, [.netRaw, .admin, .ptrace, .readSearch]),
  ]

  @Test(arguments: sources)
  func `what is kept is what opens interfaces again`(
    interfaces: [String], namespaces: [String], sidecars: Bool, kept: CapabilitySet
  ) {
    var source = LiveSource()
    source.interfaces = interfaces
    source.namespaces = namespaces
    source.followsSidecars = sidecars
    #expect(source.keptCapabilities == kept)
    source.namespaceInterfaces = ["eth0"]
    #expect(source.keptCapabilities == (namespaces.isEmpty ? kept : [.netRaw, .admin]))
  }

  // MARK: Namespaces

  @Test func `fragments of different namespaces never meet`() throws {
    let frames = FragmentTests.fragments(FragmentTests.payload, at: [0, 800])
    var decoder = PacketDecoder()
    var segments = 0
    func take(_ frame: [UInt8], _ realm: UInt16) throws {
      try decoder.decode(frame.span, wireLength: frame.count, as: .raw, packet: Frames.packet, realm: realm) {
        _, _ in segments += 1
      }
    }
    try take(frames[0], 1)
    try take(frames[1], 2)
    #expect(segments == 0)
    try take(frames[0], 2)
    #expect(segments == 1)
  }
}
