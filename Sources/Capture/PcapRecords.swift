/// The records of a classic capture file (draft-ietf-opsawg-pcap): of either byte order, with micro- or
/// nanoseconds, and in the form with longer record headers that patched kernels of the 1990s wrote.
struct PcapRecords {
  let datalink: Int32
  private let linkType: LinkType?
  private let order: ByteOrder
  private let nanosecondsPerTick: Int64
  private let headerLength: Int

  static let fileHeaderLength = 24
  /// tcpdump's largest snapshot length: no file of the link types read here has longer packets.
  private static let maxCapturedLength: UInt32 = 262_144

  /// - Parameter header: the first 24 bytes of the file.
  /// - Returns: `nil` if they are no such file's.
  init?(header: Span<UInt8>) {
    guard header.count >= Self.fileHeaderLength else { return nil }
    let magic = header.bigEndian32(at: 0)
    guard let order = Self.order(magic: magic) else { return nil }
    self.order = order
    let (number, isLong) = Self.kind(order == .big ? magic : magic.byteSwapped)
    nanosecondsPerTick = number
    headerLength = isLong ? 24 : 16
    // The upper bits tell of a frame check sequence behind each packet.
    datalink = Int32(order.uint32(header, at: 20) & 0x03ff_ffff)
    linkType = LinkType(datalink: datalink)
  }

  private static let microseconds: UInt32 = 0xa1b2_c3d4
  private static let nanoseconds: UInt32 = 0xa1b2_3c4d
  private static let longHeaders: UInt32 = 0xa1b2_cd34

  /// - Parameter magic: the first four bytes in network order.
  static func order(magic: UInt32) -> ByteOrder? {
    switch magic {
    case microseconds, nanoseconds, longHeaders: .big
    case microseconds.byteSwapped, nanoseconds.byteSwapped, longHeaders.byteSwapped: .little
    default: nil
    }
  }

  private static func kind(_ magic: UInt32) -> (nanosecondsPerTick: Int64, isLong: Bool) {
    (magic == nanoseconds ? 1 : 1000, magic == longHeaders)
  }

  /// The fields of a record's header.
  @inline(__always)
  private func fields(
    of bytes: Span<UInt8>, at start: Int
  ) -> (seconds: UInt32, fraction: UInt32, captured: UInt32, wire: UInt32) {
    let header = bytes.extracting(start..<start + 16)
    return (
      order.uint32(header, at: 0), order.uint32(header, at: 4), order.uint32(header, at: 8),
      order.uint32(header, at: 12)
    )
  }

  /// Whether the window has the next record.
  func isWhole(in buffer: CaptureBuffer) -> Bool {
    buffer.count >= headerLength && buffer.count - headerLength >= buffer.uint32(at: 8, order)
  }

  /// Reads the next record, and moves the window behind it.
  ///
  /// - Returns: `nil` at the end of the file.
  @inline(__always)
  func next(in buffer: inout CaptureBuffer) throws(CaptureFault) -> CapturedPacket? {
    guard buffer.has(headerLength) else {
      if buffer.count == 0 { return nil }
      throw .cut
    }
    let (seconds, fraction, captured, wire) = fields(of: buffer.bytes.span, at: buffer.start)
    buffer.advance(headerLength)
    guard captured <= Self.maxCapturedLength else {
      throw .damaged("the record claims \(captured) captured bytes, and no packet has so many")
    }
    guard buffer.has(Int(captured)) else { throw .cut }
    let range = buffer.start..<buffer.start + Int(captured)
    buffer.advance(Int(captured))
    return CapturedPacket(
      time: Timestamp(nanoseconds: Int64(seconds) * 1_000_000_000 + Int64(fraction) * nanosecondsPerTick),
      wireLength: max(Int(wire), Int(captured)), range: range, linkType: linkType)
  }
}
