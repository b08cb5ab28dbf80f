import Capture

/// Captures as bytes of a pcapng file (draft-ietf-opsawg-pcapng), in the byte order of either machine.
package enum PcapngBytes {
  /// A file of one section and one interface, Ethernet.
  package static func file(
    _ packets: [TestPacket], order: FieldOrder = .little, isNanoseconds: Bool = false
  ) -> [UInt8] {
    section(order) + interface(order, isNanoseconds: isNanoseconds)
      + packets.flatMap { packet in
        let time = packet.segment.packet.time.nanoseconds
        return enhancedPacket(
          PcapBytes.ethernet(packet), ticks: UInt64(isNanoseconds ? time : time / 1000), order: order)
      }
  }

  /// Section Header Block.
  package static func section(_ order: FieldOrder) -> [UInt8] {
    let unknownLength = [UInt8](repeating: 0xff, count: 8)
    return block(
      0x0a0d_0d0a, order.four(0x1a2b_3c4d) + order.two(1) + order.two(0) + unknownLength, order)
  }

  /// Interface Description Block; ticks are microseconds unless `if_tsresol` says otherwise.
  package static func interface(
    _ order: FieldOrder, linkType: UInt16 = 1, snapLength: UInt32 = 262_144, isNanoseconds: Bool = false,
    options: [UInt8] = []
  ) -> [UInt8] {
    let resolution = order.two(9) + order.two(1) + [9, 0, 0, 0] + [0, 0, 0, 0]
    return block(
      1, order.two(linkType) + [0, 0] + order.four(snapLength) + (isNanoseconds ? resolution : options), order
    )
  }

  /// Enhanced Packet Block.
  package static func enhancedPacket(
    _ frame: [UInt8], wireLength: Int? = nil, ticks: UInt64 = 0, interface: UInt32 = 0,
    options: [UInt8] = [], order: FieldOrder
  ) -> [UInt8] {
    let padding = [UInt8](repeating: 0, count: (4 - frame.count % 4) % 4)
    let time = order.four(UInt32(ticks >> 32)) + order.four(UInt32(truncatingIfNeeded: ticks))
    let lengths = order.four(UInt32(frame.count)) + order.four(UInt32(wireLength ?? frame.count))
    return block(6, order.four(interface) + time + lengths + frame + padding + options, order)
  }

  /// Interface Statistics Block, with a comment in front of what counts.
  package static func statistics(
    interface: UInt32 = 0, byInterface: UInt64? = nil, bySystem: UInt64? = nil, order: FieldOrder
  ) -> [UInt8] {
    func option(_ code: UInt16, _ value: UInt64?) -> [UInt8] {
      guard let value else { return [] }
      let (high, low) = (order.four(UInt32(value >> 32)), order.four(UInt32(truncatingIfNeeded: value)))
      return order.two(code) + order.two(8) + (order == .big ? high + low : low + high)
    }
    let comment = order.two(1) + order.two(5) + Array("drops".utf8) + [0, 0, 0]
    return block(
      5,
      order.four(interface) + order.four(0) + order.four(0) + comment + option(4, 100)
        + option(5, byInterface) + option(7, bySystem) + [0, 0, 0, 0], order)
  }

  /// Decryption Secrets Block.
  ///
  /// - Parameters:
  ///   - type: of the secrets; by default a TLS key log.
  ///   - length: what the block says of them, if that is not true.
  package static func secrets(
    _ secrets: [UInt8], type: UInt32 = 0x544c_534b, length: UInt32? = nil, order: FieldOrder
  ) -> [UInt8] {
    let padding = [UInt8](repeating: 0, count: (4 - secrets.count % 4) % 4)
    return block(
      10, order.four(type) + order.four(length ?? UInt32(secrets.count)) + secrets + padding, order)
  }

  /// Any block.
  package static func block(_ type: UInt32, _ body: [UInt8], _ order: FieldOrder) -> [UInt8] {
    let length = order.four(UInt32(body.count + 12))
    return order.four(type) + length + body + length
  }
}

/// The byte order of a machine that wrote a capture.
package enum FieldOrder: CaseIterable, Sendable {
  case little, big

  package func two(_ value: UInt16) -> [UInt8] {
    let bytes = [UInt8(value >> 8), UInt8(value & 0xff)]
    return self == .big ? bytes : bytes.reversed()
  }

  package func four(_ value: UInt32) -> [UInt8] {
    let (high, low) = (UInt16(value >> 16), UInt16(value & 0xffff))
    return self == .big ? two(high) + two(low) : two(low) + two(high)
  }
}
