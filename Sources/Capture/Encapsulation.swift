/// What a packet was carried in when it was captured: the innermost layer around the IP packet of its segment.
///
/// It tells where a flow was seen, and is no part of what a flow is: a flow has its own four addresses and ports
/// and no tunnel. Overlays may number the two directions of one flow differently (Cilium's VNI is the sender's
/// identity), load balancers with direct server return tunnel one direction only, and a capture of a whole node
/// shows a segment once without and once within the tunnel. The price: flows of networks with the same addresses,
/// seen at the same time in one capture, are one.
package struct Encapsulation: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    case ipInIP = "ip-in-ip"
    case gre
    case erspan
    case vxlan
    case vxlanGPE = "vxlan-gpe"
    case geneve
    case mpls
    case pppoe
  }

  package var kind: Kind
  /// VXLAN's and Geneve's network identifier, GRE's key, the session of ERSPAN and PPPoE, the lowest MPLS label.
  package var id: UInt32?
  /// The ends of the nearest IP packet around; `nil` if there is none, as with MPLS on Ethernet.
  package var source: IPAddress?
  package var destination: IPAddress?
  /// How many encapsulations there are in all.
  package var layers: Int

  package init(
    _ kind: Kind, id: UInt32? = nil, source: IPAddress? = nil, destination: IPAddress? = nil, layers: Int = 1
  ) {
    self.kind = kind
    self.id = id
    self.source = source
    self.destination = destination
    self.layers = layers
  }
}

extension Encapsulation: CustomStringConvertible {
  /// `VXLAN 42, 10.0.0.1 → 10.0.0.2`
  package var description: String {
    var text = kind.name
    if let id { text += " \(id)" }
    if let source, let destination { text += ", \(source) → \(destination)" }
    return layers > 1 ? text + ", the innermost of \(layers)" : text
  }
}

extension Encapsulation.Kind {
  /// As people write it.
  package var name: String {
    switch self {
    case .ipInIP: "IP-in-IP"
    case .gre: "GRE"
    case .erspan: "ERSPAN"
    case .vxlan: "VXLAN"
    case .vxlanGPE: "VXLAN-GPE"
    case .geneve: "Geneve"
    case .mpls: "MPLS"
    case .pppoe: "PPPoE"
    }
  }
}
