/// The blocks of a pcapng capture (draft-ietf-opsawg-pcapng): any number of sections, of either byte order, each
/// with interfaces of its own.
struct PcapngBlocks {
  private var order = ByteOrder.little
  private(set) var interfaces: [PcapngInterface] = []
  /// How many interfaces earlier sections have.
  private var interfacesBefore = 0
  private(set) var drops = PcapngDrops()
  /// TLS key logs that were found and not taken yet.
  private(set) var secrets: [[UInt8]] = []
  /// Bytes of them.
  private var secretsLength = 0
  /// Blocks with secrets that contradict themselves, or that are too long.
  private(set) var brokenSecrets: UInt64 = 0
  /// The names of interfaces that were found and not taken yet, by the number that their packets carry.
  private(set) var names: [UInt32: String] = [:]
  private var nameCount = 0

  static let sectionHeader: UInt32 = 0x0a0d_0d0a
  private static let interfaceDescription: UInt32 = 1
  private static let obsoletePacket: UInt32 = 2
  private static let simplePacket: UInt32 = 3
  private static let interfaceStatistics: UInt32 = 5
  private static let enhancedPacket: UInt32 = 6
  private static let decryptionSecrets: UInt32 = 10
  private static let byteOrderMagic: UInt32 = 0x1a2b_3c4d
  private static let tlsKeyLog: UInt32 = 0x544c_534b
  private static let unknownDrops: UInt16 = 0xffff

  /// Longer blocks of a kind that is read are damage: libpcap has the same limit for packets.
  private static let maxBlockLength: UInt32 = 16 << 20
  private static let maxSecretsLength: UInt32 = 64 << 20
  private static let maxInterfaces = 1 << 16
  /// Numbers below are those that Linux gives its interfaces (SLL2).
  static let firstNumber: UInt32 = 1 << 31

  mutating func takeSecrets() -> [[UInt8]] {
    defer { (secrets, secretsLength) = ([], 0) }
    return secrets
  }

  mutating func takeNames() -> [UInt32: String] {
    defer { names = [:] }
    return names
  }

  /// Reads up to the first interface.
  ///
  /// - Returns: its link type, as the file has it.
  mutating func readHeader(of buffer: inout CaptureBuffer) throws(CaptureFault) -> Int32 {
    while true {
      guard try readBlock(of: &buffer) == nil else {
        throw .damaged("a packet comes before any interface is described")
      }
      if let first = interfaces.first { return first.datalink }
      if !buffer.has(1) { throw .cut }
    }
  }

  /// Reads up to the next packet, and moves the window behind it.
  ///
  /// - Returns: `nil` at the end of the file.
  mutating func next(in buffer: inout CaptureBuffer) throws(CaptureFault) -> CapturedPacket? {
    while true {
      if !buffer.has(1) { return nil }
      if let packet = try readBlock(of: &buffer) { return packet }
    }
  }

  /// Whether the window has the next block; of a section's first one it is not known.
  func isWhole(in buffer: CaptureBuffer) -> Bool {
    buffer.count >= 12 && buffer.uint32(at: 0, .big) != Self.sectionHeader
      && buffer.count >= buffer.uint32(at: 4, order)
  }

  /// Reads one block.
  ///
  /// - Returns: its packet, if it is a block with one.
  private mutating func readBlock(
    of buffer: inout CaptureBuffer
  ) throws(CaptureFault) -> CapturedPacket? {
    guard buffer.has(12) else { throw .cut }
    // The number of a Section Header Block is the same in either order; its third field tells which one it is.
    if buffer.uint32(at: 0, .big) == Self.sectionHeader { try beginSection(buffer.uint32(at: 8, .big)) }
    let type = buffer.uint32(at: 0, order)
    let length = buffer.uint32(at: 4, order)
    guard length >= 12, length.isMultiple(of: 4) else {
      throw .damaged("a block claims a length of \(length)")
    }
    guard isRead(type),
      length <= (type == Self.decryptionSecrets ? Self.maxSecretsLength : Self.maxBlockLength)
    else {
      if type == Self.decryptionSecrets {
        brokenSecrets += 1
      } else if isRead(type) {
        throw .damaged("a block claims a length of \(length)")
      }
      guard buffer.skip(UInt64(length) - 4), buffer.has(4) else { throw .cut }
      try endBlock(length, of: &buffer)
      return nil
    }
    guard buffer.has(Int(length)) else { throw .cut }
    let body = buffer.start + 8..<buffer.start + Int(length) - 4
    let packet = try read(type, body, of: buffer.bytes.span)
    buffer.advance(Int(length) - 4)
    try endBlock(length, of: &buffer)
    return packet
  }

  private mutating func beginSection(_ magic: UInt32) throws(CaptureFault) {
    switch magic {
    case Self.byteOrderMagic: order = .big
    case Self.byteOrderMagic.byteSwapped: order = .little
    default: throw .damaged("a section has no byte-order magic")
    }
    interfacesBefore += interfaces.count
    interfaces = []
    drops.beginSection()
  }

  /// The length stands at either end of a block.
  private func endBlock(_ length: UInt32, of buffer: inout CaptureBuffer) throws(CaptureFault) {
    let trailer = buffer.uint32(at: 0, order)
    guard trailer == length else {
      throw .damaged("a block claims a length of \(length) in front, and of \(trailer) behind")
    }
    buffer.advance(4)
  }

  private func isRead(_ type: UInt32) -> Bool {
    switch type {
    case Self.enhancedPacket, Self.simplePacket, Self.obsoletePacket, Self.interfaceDescription,
      Self.interfaceStatistics, Self.decryptionSecrets, Self.sectionHeader:
      true
    default: false
    }
  }

  /// - Parameter body: where in the window the block lies, without type and lengths.
  private mutating func read(
    _ type: UInt32, _ body: Range<Int>, of bytes: Span<UInt8>
  ) throws(CaptureFault) -> CapturedPacket? {
    switch type {
    case Self.enhancedPacket:
      guard body.count >= 20 else { break }
      let packet = try packet(
        interface: order.uint32(bytes, at: body.lowerBound), header: 20, lengthsAt: 12, body, bytes)
      let options = 20 + (packet.range.count + 3) / 4 * 4
      if body.count >= options + PcapngDrops.optionLength {
        drops.readOptions(at: options, of: bytes.extracting(body), order: order)
      }
      return packet
    case Self.obsoletePacket:
      guard body.count >= 20 else { break }
      let number = UInt32(order.uint16(bytes, at: body.lowerBound))
      let packet = try packet(interface: number, header: 20, lengthsAt: 12, body, bytes)
      let dropped = order.uint16(bytes, at: body.lowerBound + 2)
      if dropped != Self.unknownDrops { drops.add(UInt64(dropped), of: number) }
      return packet
    case Self.simplePacket:
      guard body.count >= 4 else { break }
      return try simplePacket(body, bytes)
    case Self.interfaceDescription:
      guard body.count >= 8 else { break }
      try add(PcapngInterface(body: bytes.extracting(body), order: order))
      return nil
    case Self.interfaceStatistics:
      drops.read(bytes.extracting(body), order: order)
      return nil
    case Self.decryptionSecrets:
      readSecrets(bytes.extracting(body))
      return nil
    default:
      guard type == Self.sectionHeader, body.count >= 16 else { break }
      guard order.uint16(bytes, at: body.lowerBound + 4) == 1 else {
        throw .damaged("a section is of an unknown version of the format")
      }
      return nil
    }
    throw .damaged("a block is too short for its kind")
  }

  private mutating func add(_ interface: PcapngInterface) throws(CaptureFault) {
    guard interfaces.count < Self.maxInterfaces else {
      throw .damaged("a section describes more than \(Self.maxInterfaces) interfaces")
    }
    if let name = interface.name, nameCount < Self.maxInterfaces {
      names[number(interfaces.count)] = name
      nameCount += 1
    }
    interfaces.append(interface)
  }

  /// Unique over all sections.
  private func number(_ index: Int) -> UInt32 {
    Self.firstNumber | UInt32(truncatingIfNeeded: interfacesBefore + index) & (Self.firstNumber - 1)
  }

  private func interface(_ number: UInt32) throws(CaptureFault) -> PcapngInterface {
    guard number < UInt32(clamping: interfaces.count) else {
      throw .damaged("a packet is of interface \(number), which is not described")
    }
    return interfaces[Int(number)]
  }

  /// An Enhanced Packet Block or a Packet Block: they differ in how long the interface's number is.
  private func packet(
    interface number: UInt32, header: Int, lengthsAt place: Int, _ body: Range<Int>, _ bytes: Span<UInt8>
  ) throws(CaptureFault) -> CapturedPacket {
    let interface = try interface(number)
    let start = body.lowerBound
    let ticks =
      UInt64(order.uint32(bytes, at: start + 4)) << 32 | UInt64(order.uint32(bytes, at: start + 8))
    let captured = order.uint32(bytes, at: start + place)
    guard captured <= UInt32(clamping: body.count - header) else {
      throw .damaged("a packet claims \(captured) captured bytes, and its block has fewer")
    }
    let first = start + header
    return CapturedPacket(
      time: interface.time(ticks: ticks),
      wireLength: max(Int(order.uint32(bytes, at: start + place + 4)), Int(captured)),
      range: first..<first + Int(captured), linkType: interface.linkType, interface: self.number(Int(number)))
  }

  /// It has no time stamp, and its interface is the first.
  private func simplePacket(
    _ body: Range<Int>, _ bytes: Span<UInt8>
  ) throws(CaptureFault) -> CapturedPacket {
    let interface = try interface(0)
    let wire = order.uint32(bytes, at: body.lowerBound)
    let captured = min(wire, interface.snapLength ?? .max, UInt32(clamping: body.count - 4))
    let first = body.lowerBound + 4
    return CapturedPacket(
      time: Timestamp(nanoseconds: 0), wireLength: Int(wire), range: first..<first + Int(captured),
      linkType: interface.linkType, interface: number(0))
  }

  /// Type of the secrets, their length, the secrets.
  private mutating func readSecrets(_ body: Span<UInt8>) {
    guard body.count >= 8 else { return brokenSecrets += 1 }
    let length = order.uint32(body, at: 4)
    guard length <= UInt32(clamping: body.count - 8),
      secretsLength + Int(length) <= Int(Self.maxSecretsLength)
    else { return brokenSecrets += 1 }
    if length > 0, order.uint32(body, at: 0) == Self.tlsKeyLog {
      var text: [UInt8] = []
      text.reserveCapacity(Int(length))
      for index in 8..<8 + Int(length) { text.append(body[index]) }
      secrets.append(text)
      secretsLength += text.count
    }
  }
}
