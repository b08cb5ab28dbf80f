import Capture
import TestSupport
import Testing

import Streams
@testable import TCPReassembly

@Suite struct HeldSegmentsTests {
  static let packet = PacketReference(number: 1, time: Timestamp(nanoseconds: 0))

  static func insert(_ text: String, at offset: UInt64, length: Int? = nil, in held: inout HeldSegments) {
    let bytes = Array(text.utf8)
    _ = held.insert(offset..<offset + UInt64(length ?? bytes.count), bytes.span, packet)
  }

  static func text(_ segments: [HeldSegment]) -> [String] {
    segments.map { "\($0.range.lowerBound)\(String(decoding: $0.bytes, as: UTF8.self))" }
  }

  @Test func `segments are taken out in order up to the first hole`() {
    var held = HeldSegments()
    for (text, offset) in [("gh", UInt64(6)), ("ab", 0), ("cd", 2), ("kl", 10)] {
      Self.insert(text, at: offset, in: &held)
    }
    #expect(held.start == 0)
    #expect(held.count == 4)
    #expect(Self.text(held.takeRun(from: 0)) == ["0ab", "2cd"])
    #expect(held.start == 6)
    #expect(Self.text(held.takeRun(from: 4)) == [])
    #expect(Self.text(held.takeRun(from: 6)) == ["6gh"])
    #expect(Self.text(held.takeRun(from: 10)) == ["10kl"])
    #expect(held.isEmpty)
    #expect(held.start == nil)
  }

  @Test func `only what no held segment covers is kept`() {
    var held = HeldSegments()
    Self.insert("cd", at: 2, in: &held)
    Self.insert("gh", at: 6, in: &held)
    Self.insert("0123456789", at: 0, in: &held)
    #expect(Self.text(held.takeRun(from: 0)) == ["001", "2cd", "445", "6gh", "889"])
  }

  @Test func `a segment that was cut keeps its place and its captured bytes`() {
    var held = HeldSegments()
    Self.insert("ef", at: 4, in: &held)
    Self.insert("012", at: 2, length: 8, in: &held)
    let taken = held.takeRun(from: 2)
    #expect(Self.text(taken) == ["201", "4ef", "6"])
    #expect(taken.map(\.range) == [2..<4, 4..<6, 6..<10])
  }

  @Test(arguments: UInt64(1)...30)
  func `any segments stay sorted, apart and paid for`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var held = HeldSegments()
    var model: [UInt64: UInt8] = [:]
    var position: UInt64 = 0
    for round in 0..<80 {
      let offset = position + UInt64.random(in: 0...40, using: &random)
      let bytes = [UInt8](repeating: UInt8(round), count: Int.random(in: 1...10, using: &random))
      let range = offset..<offset + UInt64(bytes.count)
      _ = held.insert(range, bytes.span, Self.packet)
      for place in range where model[place] == nil { model[place] = UInt8(round) }
      #expect(held.start == model.keys.min())
      guard round % 5 == 4 else { continue }
      for segment in held.takeRun(from: position) {
        #expect(segment.range.lowerBound == position)
        for (place, byte) in zip(segment.range, segment.bytes) {
          #expect(model.removeValue(forKey: place) == byte)
        }
        position = segment.range.upperBound
      }
      #expect(model[position] == nil)
      position = max(position, held.start ?? position)
    }
    while let start = held.start { _ = held.takeRun(from: start) }
    #expect(held.cost == 0)
  }
}
