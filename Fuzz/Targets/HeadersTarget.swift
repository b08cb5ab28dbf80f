import Capture
import WSDecode

/// Layout: link type, how many bytes the capture cut off (16 bits), the packet.
enum HeadersTarget {
  private static let linkTypes: [LinkType] = [
    .ethernet, .linuxSLL2, .linuxSLL, .raw, .null, .loop, .ppp, .pppSerial, .pppEther, .ciscoHDLC, .nflog,
  ]

  static func run(_ bytes: [UInt8]) throws(BrokenInvariant) {
    var input = FuzzInput(bytes)
    let linkType = linkTypes[Int(input.byte()) % linkTypes.count]
    let cut = Int(input.number16())
    let frame = input.rest()
    try checkPacket(frame, wireLength: frame.count + cut, as: linkType)
    try checkFrameHeader(frame)
  }

  private static func checkPacket(
    _ frame: [UInt8], wireLength: Int, as linkType: LinkType
  ) throws(BrokenInvariant) {
    guard let segment = try? segment(frame, wireLength, linkType) else { return }
    try demand(segment.payload.upperBound <= frame.count, "the payload lies outside the packet")
    try demand(segment.payload.count <= segment.payloadLength, "more payload was captured than sent")
    // A capture that cut the packet earlier says the same, or that it is cut.
    for length in [segment.payload.lowerBound, segment.payload.lowerBound - 1, frame.count / 2]
    where (0..<frame.count).contains(length) {
      var short: TCPSegment
      do throws(SkipReason) {
        short = try Self.segment(Array(frame[..<length]), wireLength, linkType)
      } catch {
        try demand(error == .truncatedHeader, "a packet cut to \(length) bytes is refused: \(error)")
        continue
      }
      try demand(short.payload.upperBound <= length, "the payload lies outside the packet")
      short.payload = segment.payload
      if short.timestampValue == nil { short.timestampValue = segment.timestampValue }
      if short.windowScale == .unknown { short.windowScale = segment.windowScale }
      try demand(short == segment, "a packet cut to \(length) bytes says something else")
    }
  }

  /// The segment in a packet; of fragments only those that are whole datagrams.
  private static func segment(
    _ frame: [UInt8], _ wireLength: Int, _ linkType: LinkType
  ) throws(SkipReason) -> TCPSegment {
    var decoder = PacketDecoder()
    var found: TCPSegment?
    try decoder.decode(
      frame.span, wireLength: wireLength, as: linkType,
      packet: PacketReference(number: 1, time: Timestamp(nanoseconds: 0))
    ) { segment, _ in found = segment }
    guard let found else { throw .fragment }
    return found
  }

  private static func checkFrameHeader(_ bytes: [UInt8]) throws(BrokenInvariant) {
    guard let header = try? FrameHeader(parsing: bytes.span, at: 0) else { return }
    try demand(
      (2...FrameHeader.maxByteCount).contains(header.byteCount), "a header of \(header.byteCount) bytes")
    try demand(header.byteCount <= bytes.count, "a header longer than the bytes")
    try demand(header.payloadLength <= UInt64(Int64.max), "a length with its highest bit set")
  }
}
