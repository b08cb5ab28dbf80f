import Capture
import Streams
import TestSupport
import Testing

/// Where packets bring the same byte twice, the one captured first is in the stream.
@Suite struct OverlapTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var sent: [(Int64, String)]
    var stream: String
    var repeated: [Range<UInt64>]
  }

  static let rows = [
    Row(testDescription: "none", sent: [(0, "abc"), (3, "def")], stream: "abcdef", repeated: []),
    Row(testDescription: "whole", sent: [(0, "abc"), (0, "XYZ")], stream: "abc", repeated: [0..<3]),
    Row(
      testDescription: "one of two", sent: [(0, "abc"), (3, "def"), (0, "XXX")], stream: "abcdef",
      repeated: [0..<3]),
    Row(testDescription: "inside", sent: [(0, "abcdef"), (2, "XX")], stream: "abcdef", repeated: [2..<4]),
    Row(
      testDescription: "its beginning", sent: [(0, "abc"), (1, "XXdef")], stream: "abcdef",
      repeated: [1..<3]),
    Row(
      testDescription: "twice joined in one", sent: [(0, "ab"), (2, "cd"), (0, "XXXX")], stream: "abcd",
      repeated: [0..<4]),
    Row(
      testDescription: "from before the stream", sent: [(0, "ab"), (-2, "XXXXcd")], stream: "abcd",
      repeated: [0..<2]),
    Row(
      testDescription: "all before the stream", sent: [(-4, "XXXX"), (0, "ab"), (-4, "XXXX")], stream: "ab",
      repeated: []),
    Row(
      testDescription: "whole, held", sent: [(3, "def"), (3, "XXX"), (0, "abc")], stream: "abcdef",
      repeated: [3..<6]),
    Row(
      testDescription: "inside, held", sent: [(3, "def"), (4, "X"), (0, "abc")], stream: "abcdef",
      repeated: [4..<5]),
    Row(
      testDescription: "its beginning, held", sent: [(3, "def"), (5, "Xgh"), (0, "abc")],
      stream: "abcdefgh", repeated: [5..<6]),
    Row(
      testDescription: "its end, held", sent: [(5, "fgh"), (3, "deX"), (0, "abc")],
      stream: "abcdefgh", repeated: [5..<6]),
    Row(
      testDescription: "its end fills the hole", sent: [(3, "def"), (0, "abcX")], stream: "abcdef",
      repeated: [3..<4]),
    Row(
      testDescription: "its middle fills the hole", sent: [(2, "cd"), (0, "abXXef")], stream: "abcdef",
      repeated: [2..<4]),
    Row(
      testDescription: "two places of a segment that fills three holes",
      sent: [(1, "b"), (3, "d"), (0, "aXcXe")], stream: "abcde", repeated: [1..<2, 3..<4]),
    Row(
      testDescription: "three that cover each other", sent: [(4, "ef"), (2, "cdXX"), (0, "abXXXXgh")],
      stream: "abcdefgh", repeated: [4..<6, 2..<6]),
    Row(
      testDescription: "delivered and held", sent: [(0, "abc"), (5, "f"), (1, "XXdeXg")], stream: "abcdefg",
      repeated: [1..<3, 5..<6]),
  ]

  static func transcript(_ row: Row) -> Transcript {
    var wire = Wire.opened
    for (offset, text) in row.sent { wire.send(.client, at: offset, text) }
    return Transcript.of(wire.packets)
  }

  @Test(arguments: rows)
  func `the first captured byte wins`(_ row: Row) {
    let transcript = Self.transcript(row)
    #expect(transcript.text(.client) == row.stream)
    #expect(transcript.gaps(.client) == [])
  }

  @Test(arguments: rows)
  func `repeated bytes are named by their range`(_ row: Row) {
    #expect(
      Self.transcript(row).retransmitted(.client).flatMap { $0.map { $0 } }
        == row.repeated.flatMap { $0.map { $0 } }
    )
  }

  @Test(arguments: UInt64(1)...40)
  func `any overlaps agree with a model of single bytes`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var wire = Wire.opened
    var model = [UInt8?](repeating: nil, count: 60)
    var repeated: Set<Int> = []
    for round in 0..<60 {
      let offset = Int.random(in: 0..<55, using: &random)
      let length = Int.random(in: 1...min(12, 60 - offset), using: &random)
      let byte = UInt8(ascii: "A") + UInt8(round % 26)
      wire.send(.client, at: Int64(offset), String(repeating: Character(UnicodeScalar(byte)), count: length))
      for place in offset..<offset + length {
        if model[place] == nil { model[place] = byte } else { repeated.insert(place) }
      }
    }
    let transcript = Transcript.of(wire.packets)
    #expect(transcript.text(.client) == String(decoding: model.compactMap { $0 }, as: UTF8.self))
    let end = (model.lastIndex { $0 != nil } ?? -1) + 1
    #expect(transcript.gaps(.client).flatMap { $0.map { Int($0) } } == (0..<end).filter { model[$0] == nil })
    let named = Set(transcript.retransmitted(.client).flatMap { $0.map { Int($0) } })
    #expect(named.symmetricDifference(repeated).sorted() == [])
  }
}
