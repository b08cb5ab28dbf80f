/// The way of a packet whose frame is at hand, the same for files and for interfaces: counted, decoded, handed on.
struct PacketIntake {
  private var decoder: PacketDecoder
  /// Keeps what passes.
  private let ring: PacketRing?
  var statistics = CaptureStatistics()

  init(options: DecodeOptions, ring: PacketRing? = nil) {
    decoder = PacketDecoder(options: options)
    self.ring = ring
  }

  /// Counts a packet, whether or not it is used.
  @inline(__always)
  mutating func count(_ packet: PacketReference, wireLength: Int, capturedLength: Int) {
    statistics.count(packet, wireLength: wireLength, capturedLength: capturedLength)
  }

  /// Hands on the segment that a packet carries.
  ///
  /// - Parameters:
  ///   - interface: see `PacketDecoder.decode`.
  ///   - realm: the network namespace that it was captured in: see `TCPSegment.realm`.
  @inline(__always)
  mutating func take(
    _ frame: Span<UInt8>, wireLength: Int, as linkType: LinkType, packet: PacketReference, interface: UInt32?,
    realm: UInt16 = 0, into sink: inout some SegmentSink
  ) {
    do throws(SkipReason) {
      try decoder.decode(
        frame, wireLength: wireLength, as: linkType, packet: packet, interface: interface, realm: realm
      ) { segment, bytes in
        if let ring {
          let kept = Self.kept(segment, of: bytes, in: frame, wireLength: wireLength, as: linkType)
          ring.add(kept, in: frame, wireLength: wireLength, as: linkType)
        }
        sink.receive(segment, in: bytes)
      }
    } catch {
      statistics.countSkipped(error)
    }
  }

  /// The segment with the place of its payload in the frame. What is put together from fragments has none: of the last of
  /// them nothing is known but its headers.
  private static func kept(
    _ segment: TCPSegment, of bytes: Span<UInt8>, in frame: Span<UInt8>, wireLength: Int,
    as linkType: LinkType
  ) -> TCPSegment {
    guard frame.indices(of: bytes) == nil else { return segment }
    let end = (try? headersEnd(of: frame, wireLength: wireLength, as: linkType)) ?? 0
    var kept = segment
    kept.payload = end..<end
    return kept
  }

  private static func headersEnd(
    of frame: Span<UInt8>, wireLength: Int, as linkType: LinkType
  ) throws(SkipReason) -> Int {
    let link = try LinkHeader(parsing: frame, as: linkType)
    guard link.payload == .ip else { return link.byteCount }
    return try IPHeader(parsing: frame, at: link.byteCount, wireLength: wireLength).payloadOffset
  }

  /// The capture holds no more.
  mutating func finish() { decoder.finish(counting: &statistics) }
}
