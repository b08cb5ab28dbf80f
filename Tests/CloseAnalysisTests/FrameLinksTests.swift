import TestSupport
import Testing
import WSDecode

@testable import CloseAnalysis

/// What a server says on one leg, and says on others, too.
@Suite struct FrameLinksTests {
  /// Legs that a server says the same to, each with a set of its own.
  struct Heard {
    var frames = FrameLinks()
    var components = LegComponents()
    let legs: [Leg]
    var digest: UInt64 { legs[0].server.marks.first[0].digest }

    init(_ count: Int, isLate: Bool) {
      let packets = (0..<count).map { SessionJoiningTests.broadcast($0, isAnswered: false).outerPackets }
      legs = Stages.legs(
        of: TestPacket.merged(isLate ? packets.map { SessionJoiningTests.late($0) } : packets))
      for number in legs.indices { components.add(Self.id(number)) }
    }

    static func id(_ number: Int) -> LegID { LegID(rawValue: number + 1) }

    mutating func hear(_ number: Int) { frames.add(legs[number], Self.id(number), to: &components) }
    mutating func forget(_ number: Int) { frames.remove(legs[number]) }
    mutating func give(_ numbers: ClosedRange<Int>, _ trait: LegTrait) {
      for number in numbers { components.link(Self.id(number), trait) }
    }
    func areOneSet(_ a: Int, _ b: Int) -> Bool { components.areOneSet(Self.id(a), Self.id(b)) }
  }

  @Test(arguments: [false, true])
  func `a frame links two legs unless their handshakes are known`(isLate: Bool) {
    var heard = Heard(2, isLate: isLate)
    for number in 0...1 { heard.hear(number) }
    #expect(heard.areOneSet(0, 1) == isLate)
    #expect(heard.frames.isOfOneSet(heard.digest) == isLate)
  }

  @Test func `what a third leg hears is no link, and tells nothing of the first two`() {
    var heard = Heard(3, isLate: true)
    for number in 0...1 { heard.hear(number) }
    #expect(heard.frames.isOfOneSet(heard.digest))
    heard.hear(2)
    #expect(!heard.areOneSet(1, 2))
    #expect(!heard.frames.isOfOneSet(heard.digest))
  }

  @Test func `legs of one set hear a frame as one`() {
    var heard = Heard(4, isLate: true)
    heard.give(0...1, .request("one"))
    heard.give(2...3, .request("other"))
    for number in 0...3 { heard.hear(number) }
    #expect(heard.areOneSet(1, 2))
    #expect(heard.frames.isOfOneSet(heard.digest))
  }

  @Test func `a frame is remembered as long as a leg is that has heard it`() {
    var heard = Heard(5, isLate: true)
    for number in 0...2 { heard.hear(number) }
    for number in 0...1 { heard.forget(number) }
    heard.hear(3)
    #expect(!heard.areOneSet(2, 3))
    for number in 2...3 { heard.forget(number) }
    heard.hear(4)
    #expect(heard.frames.isOfOneSet(heard.digest))
  }
}
