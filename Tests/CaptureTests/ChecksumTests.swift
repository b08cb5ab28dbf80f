import TestSupport
import Testing

@testable import Capture

@Suite struct ChecksumTests {
  static var strict: DecodeOptions { CaptureStatisticsTests.strict }

  static let packets = [
    Frames.ipv4(Frames.tcp + Frames.hello), Frames.ipv4(Frames.tcp + Frames.hello + [1]),
    Frames.ipv4(Frames.tcp, options: [1, 1, 1, 1]), Frames.ipv6(Frames.tcp + Frames.hello),
    Frames.ipv6([UInt8](repeating: 0xff, count: 3000) + [], next: 6).replacingPrefix(
      of: 40, with: Frames.tcp),
  ].map { Frames.checked($0) }

  @Test(arguments: packets)
  func `right checksums are right, and every bit of them counts`(packet: [UInt8]) {
    #expect(Decoding.of([packet], options: Self.strict).found.count == 1)
    let isIPv4 = packet[0] >> 4 == 4
    // Addresses, ports and the checksums themselves: no other reason speaks before.
    for place in isIPv4 ? 10..<24 : 8..<44 {
      for bit in 0..<8 {
        var wrong = packet
        wrong[place] ^= 1 << bit
        #expect(
          Decoding.of([wrong], options: Self.strict).skipped == [.badChecksum: 1], "\(place), bit \(bit)")
        #expect(Decoding.of([wrong]).found.count == 1)
      }
    }
    var wrong = packet
    wrong[packet.count - 1] ^= 1
    #expect(Decoding.of([wrong], options: Self.strict).skipped == [.badChecksum: 1])
  }

  @Test(arguments: packets)
  func `what the capture has cut cannot be wrong`(packet: [UInt8]) {
    var wrong = packet
    wrong[packet.count - 1] ^= 1
    var decoding = Decoding(options: Self.strict)
    decoding.decode(Array(wrong.dropLast()), wireLength: wrong.count, at: 0)
    let isEmpty = packet.count == 44
    #expect(decoding.found.count == (isEmpty ? 0 : 1))
  }

  @Test func `the checksum is over the last destination of a route, which is not known on the way`() {
    for (segmentsLeft, isUsed) in [(UInt8(0), false), (1, true)] {
      let packet = Frames.ipv6([6, 0, 4, segmentsLeft, 0, 0, 0, 0] + Frames.tcp, next: 43)
      #expect(Decoding.of([packet], options: Self.strict).found.isEmpty != isUsed)
    }
  }

  @Test(arguments: Wrapping.all)
  func `checksums are those inside of a tunnel, too`(_ wrapping: Wrapping) {
    let right = Frames.checked(wrapping.wrap(Self.packets[0]))
    #expect(Decoding.of([right], options: Self.strict).found.count == 1)
    let wrong = Frames.checked(wrapping.wrap(Frames.ipv4(Frames.tcp + Frames.hello)))
    #expect(Decoding.of([wrong], options: Self.strict).skipped == [.badChecksum: 1])
  }
}

extension [UInt8] {
  /// The same with other bytes at `offset`.
  fileprivate func replacingPrefix(of offset: Int, with bytes: [UInt8]) -> [UInt8] {
    Array(self[..<offset]) + bytes + Array(self[(offset + bytes.count)...])
  }
}
