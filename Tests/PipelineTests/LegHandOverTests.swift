import Capture
import Pipeline
import Streams
import TestSupport
import Testing
import WSDecode

@Suite struct LegHandOverTests {
  static func event(_ number: Int) -> LegEvent {
    .lost(.client, at: UInt64(number), PacketReference(number: 1, time: Timestamp(nanoseconds: 0)))
  }

  static let frames = {
    var talk = Conversation()
    talk.upgrade()
    for number in 0..<10 { talk.send(.server, WebSocketBytes.text("\(number)")) }
    return Stages.legEvents(of: talk.packets).frames
  }()

  @Test(arguments: [0, 1, 2047, 2048, 2049, 20_000])
  func `a sink on another thread receives the same in the same order`(count: Int) {
    var handOver = LegHandOver(LegLog())
    var direct = LegLog()
    for number in 0..<count {
      let leg = LegID(rawValue: number % 7)
      switch number % 4 {
      case 0:
        handOver.receive(Self.event(number), on: leg)
        direct.receive(Self.event(number), on: leg)
      case 1:
        let frames = Self.frames.prefix(number % 10 + 1).map { WholeFrame($0) }
        let packet = PacketReference(number: UInt64(number), time: Timestamp(nanoseconds: 0))
        handOver.receive(frames.span, of: .server, in: packet, on: leg)
        direct.receive(frames.span, of: .server, in: packet, on: leg)
      case 2:
        handOver.receive(Self.frames[number % 10], on: leg)
        direct.receive(Self.frames[number % 10], on: leg)
      default:
        handOver.receive(.ended(realm: UInt16(number & 0xff)))
        direct.receive(.ended(realm: UInt16(number & 0xff)))
      }
    }
    #expect(handOver.finish { $0.items } == direct.items)
  }

  @Test func `behind a pause all has been received, and more may come`() {
    var handOver = LegHandOver(LegLog())
    for number in 1...3 {
      handOver.receive(Self.event(number), on: LegID(rawValue: number))
      #expect(handOver.worker.ask { $0.items.count } == 2 * number - 2)
      handOver.receive(.pause)
      #expect(handOver.worker.ask { $0.items.count } == 2 * number)
    }
  }
}
