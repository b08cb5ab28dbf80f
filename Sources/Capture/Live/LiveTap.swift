/// One interface of a live capture, and what is known of it. The interface may go away and come back.
struct LiveTap {
  let interface: String
  /// `nil` in the program's own.
  private(set) var namespace: NetworkNamespace?
  let realm: UInt16
  var pod: PodName?
  private let options: LiveOptions
  private(set) var handle: LiveHandle?
  private(set) var linkType = LinkType.ethernet
  /// The interface's index, where its packets do not tell theirs.
  private var index: UInt32 = 0
  var queue = PacketQueue()
  var isReadable = false
  /// Nothing more comes of it: what waits is handed on, and then it is over.
  private(set) var isEnding = false
  /// The names of the namespace's interfaces when it was opened.
  private(set) var interfaceNames: [UInt32: String] = [:]
  private(set) var packets: UInt64 = 0
  private(set) var kernelDrops = DropCounter()
  private(set) var interfaceDrops = DropCounter()
  /// What the interface's counter showed when it was opened.
  private var firstErrors: UInt32 = 0
  private var nextTry: Int64 = 0
  private var wasMissing = false
  /// The last one that was looked up.
  private var lastNumber: (index: UInt32, number: UInt32)?

  init(
    _ interface: String, namespace: NetworkNamespace?, realm: UInt16, pod: PodName? = nil,
    _ options: LiveOptions
  ) throws(CaptureError) {
    self.interface = interface
    self.namespace = namespace
    self.realm = realm
    self.pod = pod
    self.options = options
    try open()
  }

  /// What messages and reports call it.
  var name: String { label.map { "\(interface)@\($0)" } ?? interface }

  /// What its namespace is called; `nil` for the program's own.
  var label: String? { pod?.description ?? namespace?.path }

  private mutating func open() throws(CaptureError) {
    let (interface, options, name) = (interface, options, name)
    let listing = namespace.map { "nsenter --net=\($0.path) ip link" } ?? "wsclose interfaces"
    let open = { () throws(CaptureError) -> (LiveHandle, [UInt32: String]) in
      (try LiveHandle(interface, options, name: name, listing: listing), LiveHandle.interfaceNames())
    }
    let (opened, names) = if let namespace { try namespace.run(open) } else { try open() }
    (handle, linkType, interfaceNames) = (opened, opened.linkType, names)
    index = names.first { $0.value == interface }?.key ?? 0
    kernelDrops.restart()
    interfaceDrops.restart()
    firstErrors = interfaceErrors
    lastNumber = nil
  }

  /// The interface is gone.
  mutating func close(at now: Int64) {
    handle = nil
    isReadable = false
    nextTry = now + SteadyTime.second
  }

  /// How the interface has gone away, if it has been missing for two calls.
  mutating func removal() -> String? {
    let removal = handle.flatMap { self.removal(of: $0) }
    defer { wasMissing = removal != nil }
    return wasMissing ? removal : nil
  }

  private func removal(of handle: LiveHandle) -> String? {
    if hasOtherNamespace { return "another network namespace has this path" }
    // The index of `any` is 0.
    guard index != 0 else { return nil }
    if let found = handle.interfaceIndex(interface) {
      return found == index ? nil : "another interface has this name"
    }
    // One that has another name now is captured all the same; and so is what is left of one that is gone.
    return handle.interfaceName(index) == nil && !isReadable ? "the interface disappeared" : nil
  }

  /// Whether the namespace was removed, and another one made in its place. Of a process's, the path tells nothing: numbers
  /// of processes are given again.
  var hasOtherNamespace: Bool {
    guard let namespace, !namespace.path.hasPrefix("/proc/"),
      let named = FileStatus(path: namespace.path)?.identity
    else { return false }
    return named != namespace.identity
  }

  mutating func end() {
    handle = nil
    isEnding = true
  }

  /// Tries to open an interface again that was gone, every second.
  ///
  /// - Returns: whether it is back.
  mutating func reopen(at now: Int64) -> Bool {
    guard handle == nil, !isEnding, now >= nextTry else { return false }
    nextTry = now + SteadyTime.second
    do throws(CaptureError) {
      if let namespace, hasOtherNamespace { self.namespace = try NetworkNamespace(path: namespace.path) }
      try open()
      return true
    } catch {
      return false
    }
  }

  /// Packets that were dropped so far.
  var drops: UInt64 { kernelDrops.total &+ interfaceDrops.total }

  mutating func countPacket() { packets &+= 1 }

  /// How many packets were dropped since the last call.
  mutating func takeDrops() -> UInt64 {
    guard let drops = handle?.kernelDrops else { return 0 }
    return kernelDrops.advance(to: drops) + interfaceDrops.advance(to: interfaceErrors &- firstErrors)
  }

  /// What the network card or its driver dropped, with 32 bits. libpcap counts the same, but only in promiscuous mode.
  private var interfaceErrors: UInt32 {
    // What /sys shows are the interfaces of the program's own namespace.
    guard namespace == nil, interface != "any" else { return 0 }
    return ["rx_missed_errors", "rx_fifo_errors"].reduce(0) { sum, name in
      let bytes = ProcFile.bytes(of: "/sys/class/net/\(interface)/statistics/\(name)", limit: 64) ?? []
      let digits = String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
      return sum &+ UInt32(truncatingIfNeeded: UInt64(digits) ?? 0)
    }
  }

  /// The number of the interface that captured a packet.
  mutating func number(of frame: Span<UInt8>, in table: inout InterfaceTable) -> UInt32 {
    let index = linkType == .linuxSLL2 && frame.count >= 8 ? frame.bigEndian32(at: 4) : index
    if let lastNumber, lastNumber.index == index { return lastNumber.number }
    let (names, handle) = (interfaceNames, handle)
    let number = table.number(of: index, realm: realm, label: label, pod: pod) {
      // One that was not there when the capture began has to be asked for.
      names[index] ?? handle?.interfaceName(index)
    }
    lastNumber = (index, number)
    return number
  }
}
