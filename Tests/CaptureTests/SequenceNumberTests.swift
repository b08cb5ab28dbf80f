import Capture
import TestSupport
import Testing

@Suite struct SequenceNumberTests {
  static let distances: [(UInt32, UInt32, Int32)] = [
    (5, 5, 0), (6, 5, 1), (5, 6, -1),
    (0, 0xffff_ffff, 1), (0xffff_ffff, 0, -1), (3, 0xffff_fffd, 6),
    (0x7fff_ffff, 0, .max), (0, 0x7fff_ffff, -.max), (0x8000_0000, 0, .min), (0, 0x8000_0000, .min),
    (0x7fff_fff0, 0xffff_fff1, .max),
  ]

  @Test(arguments: distances)
  func `distance is signed and goes round at 2^32`(number: UInt32, other: UInt32, expected: Int32) {
    #expect(SequenceNumber(number).distance(from: SequenceNumber(other)) == expected)
  }

  @Test(arguments: distances)
  func `adding the distance leads back`(number: UInt32, other: UInt32, distance: Int32) {
    #expect(SequenceNumber(other) + UInt32(bitPattern: distance) == SequenceNumber(number))
  }

  @Test func `a number moved by less than 2^31 lies after where it was`() {
    var random = SeededGenerator(seed: 1)
    for _ in 0..<1000 {
      let start = SequenceNumber(UInt32.random(in: .min ... .max, using: &random))
      let bytes = UInt32.random(in: 1..<1 << 31, using: &random)
      #expect((start + bytes).distance(from: start) == Int32(bytes), "\(start) + \(bytes)")
    }
  }
}
