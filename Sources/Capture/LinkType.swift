/// The link types read here, by the names of the registry of link-layer header types
/// (tcpdump.org/linktypes.html).
package enum LinkType: String, Hashable, Sendable {
  case null = "NULL"
  case ethernet = "EN10MB"
  case ppp = "PPP"
  case pppSerial = "PPP_SERIAL"
  case pppEther = "PPP_ETHER"
  case raw = "RAW"
  case ciscoHDLC = "C_HDLC"
  case loop = "LOOP"
  case linuxSLL = "LINUX_SLL"
  case nflog = "NFLOG"
  case linuxSLL2 = "LINUX_SLL2"

  /// From the number that libpcap's `pcap_datalink` returns; `nil` if it cannot be read here.
  init?(datalink: Int32) {
    switch datalink {
    case 0: self = .null
    case 1: self = .ethernet
    case 9: self = .ppp
    // DLT_RAW on most systems, on OpenBSD, LINKTYPE_RAW, DLT_IPV4, DLT_IPV6.
    case 12, 14, 101, 228, 229: self = .raw
    case 50: self = .pppSerial
    case 51: self = .pppEther
    case 104: self = .ciscoHDLC
    case 108: self = .loop
    case 113: self = .linuxSLL
    case 239: self = .nflog
    case 276: self = .linuxSLL2
    default: return nil
    }
  }

  /// The number by which libpcap knows it.
  var datalink: Int32 {
    switch self {
    case .null: 0
    case .ethernet: 1
    case .ppp: 9
    case .raw: 12
    case .pppSerial: 50
    case .pppEther: 51
    case .ciscoHDLC: 104
    case .loop: 108
    case .linuxSLL: 113
    case .nflog: 239
    case .linuxSLL2: 276
    }
  }

  /// The number in files (tcpdump.org/linktypes.html); it differs from libpcap's own for raw IP only.
  package var number: Int32 { self == .raw ? 101 : datalink }
}
