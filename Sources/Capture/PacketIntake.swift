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
        ring?.add(segment, in: frame, wireLength: wireLength, as: linkType)
        sink.receive(segment, in: bytes)
      }
    } catch {
      statistics.countSkipped(error)
    }
  }

  /// The capture holds no more.
  mutating func finish() { decoder.finish(counting: &statistics) }
}
