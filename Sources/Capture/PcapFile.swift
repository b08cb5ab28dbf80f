import CPcap
import Glibc

/// One capture, classic pcap (micro- or nanosecond) or pcapng, read with libpcap.
@safe
package final class PcapFile {
  /// The path as given, or `standard input`.
  package let source: String
  package let linkType: LinkType
  private let path: String
  private let bytes: ByteSource
  private let stream: UnsafeMutablePointer<FILE>
  private let handle: OpaquePointer
  private var filter: bpf_program?
  private let index: Int32
  private var packets: UInt64 = 0

  /// - Parameters:
  ///   - path: a file, or `-` for standard input.
  ///   - filter: a BPF filter as in pcap-filter(7).
  ///   - index: the capture's place among those of one report.
  ///   - beginning: bytes that were read of the source before: the capture begins with them.
  ///   - beforeWaiting: called whenever all that a pipe has given so far has been handed out.
  ///   - isStopped: becomes true when the user wants no more to be read.
  package init(
    path: String, filter: String? = nil, index: Int = 0, beginning: [UInt8] = [],
    beforeWaiting: @escaping () -> Void = {}, isStopped: @escaping () -> Bool = { false }
  ) throws(CaptureError) {
    self.index = Int32(clamping: index)
    self.path = path
    source = path == "-" ? "standard input" : path
    do throws(Errno) {
      bytes = try ByteSource(
        path: path, beginning: beginning, beforeWaiting: beforeWaiting, isStopped: isStopped)
    } catch {
      throw CaptureError(source: source, problem: error.text.lowercased(), advice: error.advice)
    }
    guard let stream = unsafe bytes.makeStream() else {
      throw CaptureError(
        source: source, problem: "no memory for a stream", advice: "free memory and try again")
    }
    unsafe self.stream = unsafe stream
    var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    // SAFETY: `message` has the size that libpcap writes at most; on success the handle owns the stream.
    let opened = unsafe pcap_fopen_offline_with_tstamp_precision(
      stream, UInt32(PCAP_TSTAMP_PRECISION_NANO), &message)
    guard let handle = unsafe opened else {
      let error = unsafe Self.openError(
        source: source, message: String(decoding: message.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self),
        byte: ftell(stream), bytes)
      unsafe fclose(stream)
      throw error
    }
    unsafe self.handle = unsafe handle
    let datalink = unsafe pcap_datalink(handle)
    guard let linkType = LinkType(datalink: datalink) else {
      let name = unsafe pcap_datalink_val_to_name(datalink).map { unsafe String(cString: $0) }
      unsafe pcap_close(handle)
      throw CaptureError(
        source: source, problem: "link type \(datalink) (\(name ?? "unknown")) is not supported",
        advice: "capture on an Ethernet, loopback or 'any' interface")
    }
    self.linkType = linkType
    if let filter { try compile(filter) }
  }

  deinit {
    if var program = unsafe filter { unsafe pcap_freecode(&program) }
    unsafe pcap_close(handle)
  }

  /// The TLS key logs of Decryption Secrets Blocks that were read since the last call. Blocks stand in front of
  /// the packets that they are for.
  package func takeSecrets() -> [[UInt8]] { bytes.blocks.isEmpty ? [] : bytes.blocks.take() }

  /// Decryption Secrets Blocks that contradict themselves.
  package var brokenSecrets: UInt64 { bytes.blocks.broken }

  /// Packets that the capturing machine dropped, as far as was read; `nil` where the capture does not tell.
  package var dropped: UInt64? { bytes.blocks.dropped }

  /// Hands the next packet to `body`: its place, its length on the wire, its captured bytes, and
  /// whether the filter passes it.
  ///
  /// - Returns: false at the end of the capture.
  /// - Throws: where the capture is damaged; what came before has been handed out.
  package func next(
    _ body: (PacketReference, _ wireLength: Int, Span<UInt8>, _ passes: Bool) -> Void
  ) throws(CaptureError) -> Bool {
    var header: UnsafeMutablePointer<pcap_pkthdr>?
    var data: UnsafePointer<UInt8>?
    // SAFETY: on 1 both pointers are set, and valid until the next call.
    switch unsafe pcap_next_ex(handle, &header, &data) {
    case 1:
      guard let header = unsafe header, let data = unsafe data else { return false }
      packets += 1
      let record = unsafe header.pointee
      let packet = PacketReference(
        number: packets,
        time: Timestamp(seconds: Int64(record.ts.tv_sec), nanoseconds: Int64(record.ts.tv_usec)),
        capture: index)
      let captured = unsafe UnsafeBufferPointer(start: data, count: Int(record.caplen))
      let passes = unsafe filterPasses(header, data)
      unsafe body(packet, max(Int(record.len), captured.count), captured.span, passes)
      return true
    case PCAP_ERROR_BREAK:
      return false
    default:
      if bytes.wasStopped { return false }
      throw unsafe readError(String(cString: pcap_geterr(handle)))
    }
  }

  /// The filter is applied here and not by libpcap, which would not count what it passes over:
  /// packet numbers must be Wireshark's.
  private func filterPasses(
    _ header: UnsafePointer<pcap_pkthdr>, _ data: UnsafePointer<UInt8>
  ) -> Bool {
    guard unsafe filter != nil else { return true }
    // SAFETY: the program was compiled for this handle; libpcap bounds-checks by the header's caplen.
    return unsafe pcap_offline_filter(&filter!, header, data) != 0
  }

  private func compile(_ expression: String) throws(CaptureError) {
    var program = unsafe bpf_program()
    // SAFETY: libpcap copies what it needs of the expression; the program is freed in deinit.
    guard unsafe pcap_compile(handle, &program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0 else {
      throw CaptureError(
        source: source,
        problem:
          "the filter '\(expression)' does not compile: \(unsafe String(cString: pcap_geterr(handle)))",
        advice: "see pcap-filter(7) for the syntax")
    }
    unsafe filter = unsafe program
  }

  /// libpcap has its own words for each format.
  private static func isCut(_ message: String) -> Bool {
    message.contains("truncated dump file") || message.contains("truncated pcapng dump file")
  }

  private func readError(_ message: String) -> CaptureError {
    let problem: String
    var advice = "what came before it is reported"
    if bytes.failure != 0 {
      problem = Errno(bytes.failure).text.lowercased()
    } else if Self.isCut(message) {
      problem = "the capture ends inside this packet's record"
      advice += "; stop the capture with Ctrl-C rather than a kill, or copy the file again"
    } else {
      problem = message
      let datalink = unsafe pcap_datalink(handle)
      if let more = InterfaceAdvice.text(message: message, datalink: datalink, path: path) {
        advice += "; " + more
      }
    }
    let position = unsafe ftell(stream)
    return CaptureError(
      source: source, problem: problem, packet: packets + 1,
      byte: position < 0 ? nil : UInt64(position), advice: advice)
  }

  private static func openError(
    source: String, message: String, byte: Int, _ bytes: ByteSource
  ) -> CaptureError {
    let problem: String
    if bytes.failure != 0 {
      problem = Errno(bytes.failure).text.lowercased()
    } else if bytes.isGzip {
      return CaptureError(
        source: source, problem: "is compressed with gzip", advice: "gunzip it, or zcat FILE | wsclose -")
    } else if byte == 0 {
      return CaptureError(
        source: source, problem: "is empty", advice: "let the capture run until packets have been written")
    } else if isCut(message) {
      problem = "ends inside the capture file's header"
    } else if message.contains("unknown file format") || message.contains("bad dump file format") {
      problem = "is not a pcap or pcapng capture"
    } else {
      problem = message
    }
    return CaptureError(
      source: source, problem: problem, byte: byte < 0 ? nil : UInt64(byte),
      advice: "give a file that tcpdump -w or Wireshark wrote")
  }
}

extension Errno {
  fileprivate var advice: String {
    switch code {
    case ENOENT: "check the path"
    case EISDIR: "name the capture files in it"
    case EACCES: "make the file readable for this user"
    default: "check that the file can be read"
    }
  }
}
