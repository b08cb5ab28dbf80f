import Capture

/// Writes a capture of one section (draft-ietf-opsawg-pcapng), little-endian, with times in nanoseconds.
struct PcapngWriter {
  private(set) var bytes: [UInt8] = []
  private var interfaces = 0
  /// Options hold 65,535 bytes at most; nobody reads a comment that long.
  private static let maxText = 4096

  /// - Parameter comment: what the file is.
  init(comment: String) {
    block(0x0a0d_0d0a) { body in
      body.little(0x1a2b_3c4d as UInt32)
      body.little(1 as UInt16)
      body.little(0 as UInt16)
      body.little(UInt64.max)  // The section's length is not told.
      Self.text(1, comment, &body)
      Self.text(4, "wsclose", &body)
      Self.endOptions(&body)
    }
  }

  /// - Returns: the number by which packets name it.
  mutating func addInterface(_ name: String?, _ linkType: LinkType) -> UInt32 {
    block(1) { body in
      body.little(UInt16(clamping: linkType.number))
      body.little(0 as UInt16)
      body.little(0 as UInt32)  // No limit.
      if let name { Self.text(2, name, &body) }
      Self.option(9, [9], &body)
      Self.endOptions(&body)
    }
    interfaces += 1
    return UInt32(interfaces - 1)
  }

  mutating func addPacket(
    _ frame: [UInt8], wireLength: Int, at time: Timestamp, interface: UInt32, comment: String?
  ) {
    let ticks = UInt64(clamping: time.nanoseconds)
    block(6) { body in
      body.little(interface)
      body.little(UInt32(ticks >> 32))
      body.little(UInt32(truncatingIfNeeded: ticks))
      body.little(UInt32(clamping: frame.count))
      body.little(UInt32(clamping: max(wireLength, frame.count)))
      body += frame
      body.pad()
      if let comment {
        Self.text(1, comment, &body)
        Self.endOptions(&body)
      }
    }
  }

  private mutating func block(_ type: UInt32, _ write: (inout [UInt8]) -> Void) {
    var body: [UInt8] = []
    write(&body)
    let length = UInt32(clamping: body.count + 12)
    bytes.little(type)
    bytes.little(length)
    bytes += body
    bytes.little(length)
  }

  private static func text(_ code: UInt16, _ text: String, _ body: inout [UInt8]) {
    option(code, Array(text.utf8.prefix(maxText)), &body)
  }

  private static func option(_ code: UInt16, _ value: [UInt8], _ body: inout [UInt8]) {
    body.little(code)
    body.little(UInt16(clamping: value.count))
    body += value
    body.pad()
  }

  private static func endOptions(_ body: inout [UInt8]) { body.little(0 as UInt32) }
}

extension [UInt8] {
  fileprivate mutating func little(_ value: some FixedWidthInteger & UnsignedInteger) {
    for shift in stride(from: 0, to: value.bitWidth, by: 8) {
      append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  /// To a multiple of 4.
  fileprivate mutating func pad() { while count % 4 != 0 { append(0) } }
}
