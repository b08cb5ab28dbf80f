/// The tunnel that an IP packet is a packet of.
struct Tunnel {
  var kind: Encapsulation.Kind
  var id: UInt32?
  var payload: Layer
  /// Where what it carries begins.
  var payloadOffset: Int
  /// Where the tunnel's packet ends on the wire.
  var end: Int

  /// - Throws: `.notTCP` if it is none.
  init(_ frame: Span<UInt8>, _ ip: IPHeader) throws(SkipReason) {
    payloadOffset = ip.payloadOffset
    end = ip.payloadOffset + ip.payloadLength
    switch ip.protocol {
    case .ipv4, .ipv6:
      kind = .ipInIP
      payload = .ip
    case .gre:
      let gre = try GREHeader(parsing: frame, at: payloadOffset)
      (kind, id, payload) = (gre.kind, gre.id, gre.payload)
      payloadOffset += gre.byteCount
    case .udp:
      let udp = try UDPHeader(parsing: frame, at: payloadOffset, room: ip.payloadLength)
      end = payloadOffset + udp.length
      payloadOffset += UDPHeader.byteCount
      switch udp.destinationPort {
      case VXLANHeader.port, VXLANHeader.oldPort, VXLANHeader.extensionPort:
        let isExtension = udp.destinationPort == VXLANHeader.extensionPort
        let vxlan = try VXLANHeader(parsing: frame, at: payloadOffset, isExtension: isExtension)
        kind = isExtension ? .vxlanGPE : .vxlan
        (id, payload) = (vxlan.vni, vxlan.payload)
        payloadOffset += VXLANHeader.byteCount
      case GeneveHeader.port:
        let geneve = try GeneveHeader(parsing: frame, at: payloadOffset)
        kind = .geneve
        (id, payload) = (geneve.vni, geneve.payload)
        payloadOffset += geneve.byteCount
      default: throw .notTCP
      }
    default: throw .notTCP
    }
  }
}
