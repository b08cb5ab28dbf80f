import CPcap
import Glibc

/// One interface that libpcap listens on. Packets come in blocks through a ring that the kernel fills (TPACKET_V3).
@safe
final class LiveHandle {
  private let pcap: wsclose_pcap
  private let handle: OpaquePointer
  /// Becomes readable when there are packets.
  let descriptor: Int32
  let linkType: LinkType
  private let isNanosecond: Bool

  enum Failure: Error {
    /// The interface is gone, or down.
    case gone(String)
  }

  /// - Parameters:
  ///   - interface: its name, or `any`.
  ///   - name: what messages call it.
  ///   - listing: the command that lists the interfaces there are.
  init(
    _ interface: String, _ options: LiveOptions, name: String, listing: String
  ) throws(CaptureError) {
    let text = UnsafeMutablePointer<CChar>.allocate(capacity: Int(PCAP_ERRBUF_SIZE))
    defer { unsafe text.deallocate() }
    unsafe text.initialize(repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    let pcap = try Libpcap.functions { CaptureError(source: name, problem: $0, advice: $1) }
    guard let handle = unsafe pcap.create(interface, text) else {
      throw CaptureError(
        source: name, problem: unsafe String(cString: text).lowercased(), advice: "\(listing) lists them")
    }
    do throws(CaptureError) {
      unsafe try Self.activate(handle, pcap, options, name, listing)
      unsafe try Self.chooseLinkType(of: handle, pcap)
      let datalink = unsafe pcap.datalink(handle)
      guard let linkType = LinkType(datalink: datalink) else {
        throw CaptureError(
          source: name, problem: "link type \(datalink) is not supported",
          advice: "capture on an Ethernet, loopback or 'any' interface")
      }
      if let filter = options.filter { unsafe try Self.setFilter(filter, of: handle, pcap, name) }
      guard unsafe pcap.setnonblock(handle, 1, text) == 0 else {
        throw CaptureError(source: name, problem: unsafe String(cString: text), advice: "try again")
      }
      self.linkType = linkType
    } catch {
      unsafe pcap.close(handle)
      throw error
    }
    self.pcap = pcap
    unsafe self.handle = handle
    descriptor = unsafe pcap.get_selectable_fd(handle)
    isNanosecond = unsafe pcap.get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO
  }

  deinit { unsafe pcap.close(handle) }

  private static func activate(
    _ handle: OpaquePointer, _ pcap: wsclose_pcap, _ options: LiveOptions, _ name: String, _ listing: String
  ) throws(CaptureError) {
    _ = unsafe pcap.set_snaplen(handle, options.snapshotLength)
    _ = unsafe pcap.set_promisc(handle, options.isPromiscuous ? 1 : 0)
    _ = unsafe pcap.set_timeout(handle, LiveOptions.timeout)
    _ = unsafe pcap.set_buffer_size(handle, options.bufferSize)
    // Where it cannot be had, times are in microseconds.
    _ = unsafe pcap.set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO)
    let status = unsafe pcap.activate(handle)
    guard status < 0 else { return }
    var problem = unsafe pcap.lastError(of: handle)
    if problem.isEmpty { problem = unsafe pcap.statustostr(status).map { unsafe String(cString: $0) } ?? "" }
    switch status {
    case PCAP_ERROR_NO_SUCH_DEVICE:
      throw CaptureError(source: name, problem: "no such interface", advice: "\(listing) lists them")
    case PCAP_ERROR_PERM_DENIED:
      throw CaptureError(
        source: name, problem: "capturing is not permitted (CAP_NET_RAW is missing)", advice: "run as root")
    case PCAP_ERROR_IFACE_NOT_UP:
      throw CaptureError(source: name, problem: "the interface is not up", advice: "ip link set up \(name)")
    default:
      throw CaptureError(
        source: name, problem: problem, advice: "\(listing) lists what can be captured")
    }
  }

  /// On `any`, the link type that tells the interface of each packet.
  private static func chooseLinkType(of handle: OpaquePointer, _ pcap: wsclose_pcap) throws(CaptureError) {
    if unsafe pcap.datalink(handle) == LinkType.linuxSLL.datalink {
      _ = unsafe pcap.set_datalink(handle, LinkType.linuxSLL2.datalink)
    }
  }

  private static func setFilter(
    _ expression: String, of handle: OpaquePointer, _ pcap: wsclose_pcap, _ name: String
  ) throws(CaptureError) {
    var program = unsafe bpf_program()
    // SAFETY: libpcap copies what it needs of the expression; the program is freed below.
    guard unsafe pcap.compile(handle, &program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0 else {
      let reason = unsafe pcap.lastError(of: handle)
      throw CaptureError(
        source: name, problem: "the filter '\(expression)' does not compile: \(reason)",
        advice: "see pcap-filter(7) for the syntax")
    }
    defer { unsafe pcap.freecode(&program) }
    guard unsafe pcap.setfilter(handle, &program) == 0 else {
      let reason = unsafe pcap.lastError(of: handle)
      throw CaptureError(
        source: name, problem: "the filter '\(expression)' cannot be set: \(reason)",
        advice: "use a simpler one")
    }
  }

  // MARK: Packets

  private struct Reader {
    var body: (Span<UInt8>, Int, Timestamp) -> Void
    var isNanosecond: Bool
  }

  /// Hands on what the ring holds, without waiting.
  ///
  /// - Parameters:
  ///   - limit: packets at most.
  ///   - body: gets each packet: its captured bytes, its length on the wire, its time.
  /// - Returns: how many packets there were.
  func read(
    upTo limit: Int32, _ body: (Span<UInt8>, Int, Timestamp) -> Void
  ) throws(Failure) -> Int {
    let count = withoutActuallyEscaping(body) { body -> Int32 in
      var reader = Reader(body: body, isNanosecond: isNanosecond)
      // SAFETY: the reader outlives the call, in which alone libpcap uses it.
      return unsafe withUnsafeMutablePointer(to: &reader) { reader in
        let user = unsafe UnsafeMutableRawPointer(reader).assumingMemoryBound(to: UInt8.self)
        return unsafe pcap.dispatch(handle, limit, Self.hand, user)
      }
    }
    if count >= 0 { return Int(count) }
    throw .gone(unsafe pcap.lastError(of: handle))
  }

  private static let hand: pcap_handler = { user, header, bytes in
    guard let user = unsafe user, let header = unsafe header?.pointee, let bytes = unsafe bytes else {
      return
    }
    // SAFETY: `user` is the reader of the call that is going on; the frame is valid until the callback returns.
    let reader = unsafe UnsafeRawPointer(user).assumingMemoryBound(to: Reader.self)
    let frame = unsafe UnsafeBufferPointer(start: bytes, count: Int(header.caplen))
    let fraction = Int64(header.ts.tv_usec)
    let time = unsafe Timestamp(
      seconds: Int64(header.ts.tv_sec),
      nanoseconds: reader.pointee.isNanosecond ? fraction : fraction &* 1000)
    unsafe reader.pointee.body(frame.span, max(Int(header.len), Int(header.caplen)), time)
  }

  /// Copies what the ring holds, without waiting.
  func read(upTo limit: Int32, into batch: inout PacketBatch) throws(Failure) -> Int {
    try read(upTo: limit) { frame, wireLength, time in
      let start = batch.bytes.count
      // SAFETY: the buffer is valid within the closure, and what is appended is copied.
      unsafe frame.withUnsafeBufferPointer { unsafe batch.bytes.append(contentsOf: $0) }
      batch.packets.append(
        PacketBatch.Packet(range: start..<batch.bytes.count, wireLength: wireLength, time: time))
    }
  }

  /// What the kernel has dropped since the handle was opened, with 32 bits; `nil` if that cannot be told.
  var kernelDrops: UInt32? {
    var statistics = pcap_stat()
    // SAFETY: `statistics` outlives the call.
    return unsafe pcap.stats(handle, &statistics) == 0 ? statistics.ps_drop : nil
  }

  // MARK: Interfaces

  /// The name of an interface in the namespace in which this one was opened; `nil` if there is none of that index.
  ///
  /// libpcap tells only of one that goes away while it is up: after "down" the kernel says nothing more to who listens.
  func interfaceName(_ index: UInt32) -> String? {
    var request = unsafe ifreq()
    unsafe request.ifr_ifru.ifru_ivalue = Int32(bitPattern: index)
    // SAFETY: `request` outlives the call, which ends the name with a NUL.
    guard unsafe ioctl(descriptor, UInt(SIOCGIFNAME), &request) == 0 else { return nil }
    return unsafe withUnsafeBytes(of: &request.ifr_ifrn.ifrn_name) { name in
      unsafe String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// The other way round.
  func interfaceIndex(_ name: String) -> UInt32? {
    var request = unsafe ifreq()
    // SAFETY: `request` outlives the call; a NUL is left behind the name.
    return unsafe withUnsafeMutableBytes(of: &request) { bytes in
      guard name.utf8.count < Int(IFNAMSIZ) else { return nil }
      unsafe bytes.copyBytes(from: name.utf8)
      guard unsafe ioctl(descriptor, UInt(SIOCGIFINDEX), bytes.baseAddress!) == 0 else { return nil }
      return unsafe UInt32(bitPattern: bytes.load(fromByteOffset: Int(IFNAMSIZ), as: Int32.self))
    }
  }

  /// What libpcap can listen on in this thread's namespace.
  static func interfaces() throws(CaptureError) -> [InterfaceDescription] {
    let text = UnsafeMutablePointer<CChar>.allocate(capacity: Int(PCAP_ERRBUF_SIZE))
    defer { unsafe text.deallocate() }
    var first: UnsafeMutablePointer<pcap_if_t>?
    let pcap = try Libpcap.functions { CaptureError(source: "interfaces", problem: $0, advice: $1) }
    guard unsafe pcap.findalldevs(&first, text) == 0 else {
      throw CaptureError(
        source: "interfaces", problem: unsafe String(cString: text).lowercased(), advice: "run as root")
    }
    defer { unsafe pcap.freealldevs(first) }
    var found: [InterfaceDescription] = []
    var next = unsafe first
    while let interface = unsafe next?.pointee {
      unsafe found.append(InterfaceDescription(interface))
      unsafe next = interface.next
    }
    return found
  }

  /// The names of this thread's namespace's interfaces, by their indexes.
  static func interfaceNames() -> [UInt32: String] {
    var names: [UInt32: String] = [:]
    guard let list = unsafe if_nameindex() else { return names }
    defer { unsafe if_freenameindex(list) }
    var place = unsafe list
    while unsafe place.pointee.if_index != 0, let name = unsafe place.pointee.if_name {
      unsafe names[place.pointee.if_index] = String(cString: name)
      unsafe place += 1
    }
    return names
  }
}

/// An interface as `wsclose interfaces` lists it.
package struct InterfaceDescription: Hashable, Sendable {
  package var name: String
  /// What libpcap says of it.
  package var note: String?
  package var isUp: Bool
  package var isLoopback: Bool
  /// Whether it carries packets of a network: libpcap can also listen to USB, Bluetooth and others.
  package var isNetwork: Bool

  fileprivate init(_ interface: pcap_if_t) {
    let name = unsafe interface.name.map { unsafe String(cString: $0) } ?? ""
    self.name = name
    note = unsafe interface.description.map { unsafe String(cString: $0) }
    let flags = unsafe Int32(bitPattern: interface.flags)
    isUp = flags & PCAP_IF_UP != 0
    isLoopback = flags & PCAP_IF_LOOPBACK != 0
    isNetwork = name == "any" || (unsafe if_nametoindex(name)) != 0
  }
}
