/// Finds the TCP segment that a captured packet carries, through what it is wrapped in:
///
///     link ──▶ IP ──▶ TCP
///              ▲ │
///              │ ├──▶ fragments ──▶ what the IP packet carries
///              └─┴──▶ IP, GRE, ERSPAN, VXLAN, Geneve, Ethernet, MPLS, PPPoE
package struct PacketDecoder {
  private let options: DecodeOptions
  private var fragments: FragmentReassembly
  /// Packets that were not used, besides those for which `decode` throws: the other fragments of a packet.
  private var others = [UInt64](repeating: 0, count: SkipReason.allCases.count)

  package init(options: DecodeOptions = DecodeOptions()) {
    self.options = options
    fragments = FragmentReassembly(options: options)
  }

  /// Reads one captured packet, without copying its payload. A fragment waits for the others.
  ///
  /// - Parameters:
  ///   - frame: the captured bytes.
  ///   - wireLength: bytes that the packet had on the wire; more than `frame.count` if snaplen cut it.
  ///   - interface: the number of the one that captured it, where the packet itself tells none, or one of another
  ///     namespace.
  ///   - realm: the network namespace (`TCPSegment.realm`): fragments of different ones never meet.
  ///   - body: gets the segment and the bytes in which `segment.payload` lies: those of the packet, or those that
  ///     fragments were put together to. Such a segment has the place and time of the fragment that was the last to
  ///     come.
  /// - Throws: the reason under which the packet is counted as not used.
  @inline(__always)
  package mutating func decode(
    _ frame: Span<UInt8>, wireLength: Int, as linkType: LinkType, packet: PacketReference,
    interface: UInt32? = nil, realm: UInt16 = 0, _ body: (TCPSegment, Span<UInt8>) -> Void
  ) throws(SkipReason) {
    let link = try LinkHeader(parsing: frame, as: linkType)
    let interface = realm != 0 ? interface : link.interface ?? interface
    // Nearly all packets go this way.
    if link.payload == .ip, !options.verifyChecksums {
      let ip = try IPHeader(parsing: frame, at: link.byteCount, wireLength: wireLength)
      if ip.protocol == .tcp, ip.fragment == nil {
        return body(
          try TCPSegment(parsing: frame, in: ip, packet: packet, interface: interface, realm: realm), frame)
      }
    }
    let place = Place(packet: packet, interface: interface, realm: realm)
    try decode(link.payload, frame, at: link.byteCount, end: wireLength, place, body)
  }

  /// Gives up the fragments that still wait, and adds what was counted here.
  package mutating func finish(counting statistics: inout CaptureStatistics) {
    fragments.finish()
    for reason in SkipReason.allCases { statistics.countSkipped(reason, others[reason.rawValue]) }
    others = [UInt64](repeating: 0, count: others.count)
    statistics.countSkipped(.fragment, fragments.lostPackets)
    statistics.fragments = fragments.statistics
  }

  // MARK: Layers

  /// What stands around the bytes that are read.
  private struct Place {
    var packet: PacketReference
    var interface: UInt32?
    var realm: UInt16
    /// Captured packets that the bytes came in.
    var packets: UInt64 = 1
    /// The bytes may be those of two packets.
    var isDoubtful = false
    var encapsulation: Encapsulation?
    /// The ends of the nearest IP packet.
    var ends: (source: IPAddress, destination: IPAddress)?

    init(packet: PacketReference, interface: UInt32?, realm: UInt16) {
      self.packet = packet
      self.interface = interface
      self.realm = realm
    }
  }

  /// - Parameters:
  ///   - frame: what was captured of the packet.
  ///   - offset: where the layer begins.
  ///   - end: where it ends at the latest on the wire.
  private mutating func decode(
    _ layer: Layer, _ frame: Span<UInt8>, at offset: Int, end: Int, _ place: Place,
    _ body: (TCPSegment, Span<UInt8>) -> Void
  ) throws(SkipReason) {
    // What is behind the end belongs to what is around.
    let frame = frame.extracting(0..<max(min(end, frame.count), 0))
    switch layer {
    case .ip: try decodeIP(frame, at: offset, end: end, place, body)
    case .ethernet:
      let link = try LinkHeader(ethernet: frame, at: offset)
      try decode(link.payload, frame, at: offset + link.byteCount, end: end, place, body)
    case .mpls:
      let stack = try MPLSHeader(parsing: frame, at: offset, end: end)
      let inside = try entering(.mpls, id: stack.label, place)
      try decode(stack.payload, frame, at: offset + stack.byteCount, end: end, inside, body)
    case .pppoe:
      let session = try PPPoEHeader(parsing: frame, at: offset)
      let inside = try entering(.pppoe, id: UInt32(session.session), place)
      let end = min(end, offset + session.packetLength)
      try decode(
        session.payload, frame, at: offset + session.byteCount, end: end, inside, body)
    }
  }

  private mutating func decodeIP(
    _ frame: Span<UInt8>, at offset: Int, end: Int, _ place: Place, _ body: (TCPSegment, Span<UInt8>) -> Void
  ) throws(SkipReason) {
    let ip = try IPHeader(parsing: frame, at: offset, wireLength: end)
    if options.verifyChecksums, !ip.isChecksumRight(in: frame, at: offset) { throw .badChecksum }
    if let fragment = ip.fragment {
      try reassemble(fragment, ip, frame, place, body)
    } else {
      try decodePayload(of: ip, frame, end: end, place, body)
    }
  }

  private mutating func decodePayload(
    of ip: IPHeader, _ frame: Span<UInt8>, end: Int, _ place: Place, _ body: (TCPSegment, Span<UInt8>) -> Void
  ) throws(SkipReason) {
    if ip.protocol == .tcp {
      let segment = try TCPSegment(
        parsing: frame, in: ip, packet: place.packet, interface: place.interface, realm: place.realm,
        encapsulation: place.encapsulation)
      if options.verifyChecksums || place.isDoubtful, !ip.isTCPChecksumRight(in: frame) {
        throw place.isDoubtful ? .fragment : .badChecksum
      }
      return body(segment, frame)
    }
    let tunnel = try Tunnel(frame, ip)
    var place = place
    place.ends = (ip.source, ip.destination)
    let inside = try entering(tunnel.kind, id: tunnel.id, place)
    let end = min(end, tunnel.end)
    do throws(SkipReason) {
      try decode(tunnel.payload, frame, at: tunnel.payloadOffset, end: end, inside, body)
    } catch {
      // What is in the tunnel may be ARP; the packet around it is IP all the same.
      throw error == .notIP ? .notTCP : error
    }
  }

  private mutating func reassemble(
    _ fragment: IPFragment, _ ip: IPHeader, _ frame: Span<UInt8>, _ place: Place,
    _ body: (TCPSegment, Span<UInt8>) -> Void
  ) throws(SkipReason) {
    let key = FragmentReassembly.Key(
      source: ip.source, destination: ip.destination, identification: fragment.identification,
      protocol: fragment.isIPv6 ? nil : ip.protocol, encapsulation: place.encapsulation,
      realm: place.realm)
    let stop = min(ip.payloadOffset + ip.payloadLength, frame.count)
    let datagram = try fragments.add(
      fragment, of: key, frame.extracting(min(ip.payloadOffset, stop)..<stop), length: ip.payloadLength,
      protocol: ip.protocol, packets: place.packets, at: place.packet.time)
    guard let datagram else { return }
    var whole = ip
    whole.fragment = nil
    whole.protocol = datagram.protocol
    whole.payloadOffset = 0
    whole.payloadLength = datagram.length
    var inside = place
    inside.packets = datagram.packets
    inside.isDoubtful = place.isDoubtful || datagram.isDoubtful
    do throws(SkipReason) {
      if fragment.isIPv6 { try whole.skipExtensionHeaders(of: datagram.bytes.span) }
      // Nobody sends fragments of fragments.
      guard whole.fragment == nil else { throw .badHeader }
      try decodePayload(of: whole, datagram.bytes.span, end: datagram.length, inside, body)
    } catch {
      others[error.rawValue] += datagram.packets - place.packets
      throw error
    }
  }

  /// The place behind one more encapsulation.
  private func entering(
    _ kind: Encapsulation.Kind, id: UInt32?, _ place: Place
  ) throws(SkipReason) -> Place {
    let layers = (place.encapsulation?.layers ?? 0) + 1
    guard layers <= options.limits.maxEncapsulations else { throw .nestedTooDeep }
    var place = place
    place.encapsulation = Encapsulation(
      kind, id: id, source: place.ends?.source, destination: place.ends?.destination, layers: layers)
    return place
  }
}
