import CPcap

/// A BPF filter as in pcap-filter(7), compiled by libpcap for each link type that a capture has.
///
/// It is applied here and not while reading: packet numbers must be Wireshark's, which counts what a filter passes over.
final class PacketFilter {
  private let expression: String
  private var programs: [LinkType: FilterProgram] = [:]

  init(_ expression: String) { self.expression = expression }

  /// - Throws: what libpcap says of the expression.
  func compile(for linkType: LinkType) throws(CaptureFault) {
    if programs[linkType] == nil { programs[linkType] = try FilterProgram(expression, for: linkType) }
  }

  /// Whether a packet passes; none of a link type that was not compiled for does.
  func passes(_ frame: Span<UInt8>, wireLength: Int, linkType: LinkType) -> Bool {
    programs[linkType]?.passes(frame, wireLength: wireLength) ?? false
  }
}

@safe
private final class FilterProgram {
  private let pcap: wsclose_pcap
  private var program = unsafe bpf_program()
  private static let snapLength: Int32 = 262_144

  init(_ expression: String, for linkType: LinkType) throws(CaptureFault) {
    pcap = try Libpcap.functions { CaptureFault.damaged($0, advice: $1) }
    guard let handle = unsafe pcap.open_dead(linkType.datalink, Self.snapLength) else {
      throw .damaged("no memory for a filter", advice: "free memory and try again")
    }
    defer { unsafe pcap.close(handle) }
    // SAFETY: libpcap copies what it needs of the expression, and the program is freed in deinit.
    guard unsafe pcap.compile(handle, &program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0 else {
      let reason = unsafe pcap.lastError(of: handle)
      throw .damaged(
        "the filter '\(expression)' does not compile: \(reason)", advice: "see pcap-filter(7) for the syntax")
    }
  }

  deinit { unsafe pcap.freecode(&program) }

  func passes(_ frame: Span<UInt8>, wireLength: Int) -> Bool {
    var header = pcap_pkthdr()
    header.caplen = UInt32(clamping: frame.count)
    header.len = UInt32(clamping: wireLength)
    // SAFETY: the program was compiled for packets of this link type; libpcap bounds-checks by `caplen`.
    return unsafe frame.withUnsafeBufferPointer { bytes in
      guard let start = bytes.baseAddress else { return false }
      return unsafe pcap.offline_filter(&program, &header, start) != 0
    }
  }
}
