import Capture
import TestSupport
import Testing
import WSDecode

@testable import CloseAnalysis

/// Which frames of one leg are those of another.
@Suite struct CommonFramesTests {
  /// The marks of a server's messages, the first of which lies at an offset.
  static func marks(_ messages: [String], at offset: Int = 0) -> FrameMarks {
    var talk = Conversation()
    talk.upgrade()
    if offset > 0 {
      talk.send(.server, WebSocketBytes.frame(.binary, [UInt8](repeating: 0, count: offset - 2)))
    }
    for message in messages { talk.send(.server, WebSocketBytes.text(message)) }
    let marks = Stages.legs(of: talk.packets)[0].server.marks
    guard offset > 0 else { return marks }
    var rest = FrameMarks()
    for mark in marks.all.dropFirst() { rest.add(mark) }
    return rest
  }

  /// How many bytes later the second stream has what the first one has; `nil` if that is not known.
  static func shift(_ a: FrameMarks, _ b: FrameMarks) -> Int64? {
    CommonFrames(a, b).map { Int64($0.pair.1.offset) - Int64($0.pair.0.offset) }
  }

  @Test func `equal messages lie equally far apart`() {
    let messages = ["one", "two", "three"]
    #expect(Self.shift(Self.marks(messages), Self.marks(messages, at: 100)) == 100)
  }

  @Test func `one message that both have is enough, if nothing speaks against`() {
    #expect(Self.shift(Self.marks(["a", "both"]), Self.marks(["both"], at: 50)) == 47)
    #expect(Self.shift(Self.marks(["a", "beat", "b"]), Self.marks(["c", "beat", "d"])) == nil)
  }

  @Test func `a message that comes again and again has no place of its own`() {
    let beats = Array(repeating: "beat", count: 5)
    #expect(Self.shift(Self.marks(beats), Self.marks(beats)) == nil)
    #expect(Self.shift(Self.marks(beats + ["one"]), Self.marks(Array(beats.dropFirst(2)) + ["one"])) == -12)
  }

  @Test func `what only one has tells nothing`() {
    #expect(Self.shift(Self.marks(["one"]), Self.marks(["two"])) == nil)
    #expect(Self.shift(Self.marks([]), Self.marks(["two"])) == nil)
  }
}
