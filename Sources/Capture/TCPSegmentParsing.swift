extension TCPSegment {
  /// Reads the TCP header of an IP packet, without copying its payload.
  ///
  /// - Parameters:
  ///   - frame: the bytes that `ip` was read from, or those of the datagram that it was put together of.
  /// - Throws: the reason under which the packet is counted as not used.
  @inline(__always)
  init(
    parsing frame: Span<UInt8>, in ip: IPHeader, packet: PacketReference, interface: UInt32?, realm: UInt16,
    encapsulation: Encapsulation? = nil
  ) throws(SkipReason) {
    let tcp = try TCPHeader(parsing: frame, at: ip.payloadOffset)
    guard ip.payloadLength >= tcp.byteCount else { throw .badHeader }
    let length = ip.payloadLength - tcp.byteCount
    let start = min(ip.payloadOffset + tcp.byteCount, frame.count)
    let payload = start..<start + min(length, frame.count - start)
    self.init(
      packet: packet,
      source: Endpoint(address: ip.source, port: tcp.sourcePort),
      destination: Endpoint(address: ip.destination, port: tcp.destinationPort),
      sequence: tcp.sequence, acknowledgment: tcp.acknowledgment, flags: tcp.flags, window: tcp.window,
      realm: realm,
      payloadLength: length, payload: payload, print: PayloadPrint(frame, payload),
      identification: ip.identification, timestampValue: tcp.timestampValue, interface: interface,
      windowScale: tcp.windowScale, urgentPointer: tcp.urgentPointer, encapsulation: encapsulation)
  }
}
