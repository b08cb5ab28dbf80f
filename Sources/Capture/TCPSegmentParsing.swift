extension TCPSegment {
  /// Reads link, IP and TCP headers of one captured packet, without copying its payload.
  ///
  /// - Parameters:
  ///   - frame: the captured bytes.
  ///   - wireLength: bytes that the packet had on the wire; more than `frame.count` if snaplen cut it.
  /// - Throws: the reason under which the packet is counted as not used.
  package init(
    parsing frame: Span<UInt8>, wireLength: Int, as linkType: LinkType, packet: PacketReference
  ) throws(SkipReason) {
    let link = try LinkHeader(parsing: frame, as: linkType)
    let ip = try IPHeader(parsing: frame, at: link.byteCount, wireLength: wireLength)
    let tcp = try TCPHeader(parsing: frame, at: ip.payloadOffset)
    guard ip.payloadLength >= tcp.byteCount else { throw .badHeader }
    let length = ip.payloadLength - tcp.byteCount
    let start = min(ip.payloadOffset + tcp.byteCount, frame.count)
    self.init(
      packet: packet,
      source: Endpoint(address: ip.source, port: tcp.sourcePort),
      destination: Endpoint(address: ip.destination, port: tcp.destinationPort),
      sequence: tcp.sequence, acknowledgment: tcp.acknowledgment, flags: tcp.flags, window: tcp.window,
      payloadLength: length,
      payload: start..<start + min(length, frame.count - start),
      identification: ip.identification, timestampValue: tcp.timestampValue, interface: link.interface,
      windowScale: tcp.windowScale, urgentPointer: tcp.urgentPointer)
  }
}
