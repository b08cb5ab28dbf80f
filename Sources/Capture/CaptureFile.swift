import Glibc

/// One capture file or pipe: classic pcap or pcapng, compressed or not.
struct CaptureFile {
  /// The path as given, or `standard input`.
  let source: String
  /// A packet's bytes lie in it until the next one is read.
  private(set) var buffer: CaptureBuffer
  let mayWait: Bool
  /// `nil` if the file is pcapng.
  private let records: PcapRecords?
  private var blocks = PcapngBlocks()
  /// As the header, or the first interface of a pcapng, tells it.
  private let datalink: Int32
  private(set) var packets: UInt64 = 0

  /// Opens a file and reads its header.
  init(_ bytes: sending ByteSource, source: String) throws(CaptureError) {
    self.source = source
    mayWait = bytes.mayWait
    buffer = CaptureBuffer(CaptureInput(DecompressedBytes(bytes)))
    records = try Self.classicHeader(of: &buffer, source: source)
    if let records {
      datalink = records.datalink
      return
    }
    do throws(CaptureFault) {
      datalink = try blocks.readHeader(of: &buffer)
    } catch {
      throw Self.openingError(error, buffer, source: source)
    }
  }

  /// As the header, or the first interface of a pcapng, tells it; `nil` if packets of that type cannot be read.
  var linkType: LinkType? { LinkType(datalink: datalink) }

  /// Whether packets may be of another type.
  var mayHaveOtherLinkTypes: Bool { records == nil }

  /// Bytes of the file that were read, as they lie on disk.
  var bytesRead: UInt64 { buffer.state.bytesRead }

  /// Whether it is a file that was stopped before its end.
  var isUnfinished: Bool { !mayWait && buffer.state.wasStopped }

  /// Packets that the capturing machine dropped, as far as was read; `nil` where the capture does not tell.
  var dropped: UInt64? { blocks.drops.total }

  /// Decryption Secrets Blocks that contradict themselves.
  var brokenSecrets: UInt64 { blocks.brokenSecrets }

  /// The bytes in which the packet lies that was read last, to be kept; `nil` if they were shared before.
  @inline(__always)
  mutating func shareBlock() -> CaptureBlock? { buffer.isShared ? nil : buffer.share() }

  /// Whether there is something to be taken besides packets: secrets, or names of interfaces.
  var hasNotes: Bool { !blocks.names.isEmpty || !blocks.secrets.isEmpty }

  /// The names of interfaces that were read since the last call, by the number that packets carry.
  mutating func takeInterfaceNames() -> [UInt32: String] { blocks.takeNames() }

  /// The TLS key logs of Decryption Secrets Blocks that were read since the last call. Blocks stand in front of
  /// the packets that they are for.
  mutating func takeSecrets() -> [[UInt8]] { blocks.takeSecrets() }

  /// Whether the next packet can be read without waiting for it.
  var hasWholePacket: Bool { records?.isWhole(in: buffer) ?? blocks.isWhole(in: buffer) }

  /// Reads the next packet.
  ///
  /// - Returns: `nil` at the end of the capture.
  /// - Throws: where the capture is damaged.
  @inline(__always)
  mutating func next() throws(CaptureError) -> CapturedPacket? {
    do throws(CaptureFault) {
      let packet =
        if let records { try records.next(in: &buffer) } else { try blocks.next(in: &buffer) }
      if packet != nil { packets += 1 } else if buffer.state.failure != nil { throw CaptureFault.cut }
      return packet
    } catch {
      if buffer.state.wasStopped, case .cut = error.problem { return nil }
      throw readingError(error)
    }
  }

  // MARK: Errors

  private func readingError(_ fault: CaptureFault) -> CaptureError {
    var problem: String
    var advice = "what came before it is reported"
    var byte = buffer.position
    switch (buffer.state.failure, fault.problem) {
    case (.some(let failure), .cut):
      (problem, byte) = Self.text(of: failure, otherwise: buffer.endPosition)
    case (nil, .cut):
      problem = "the capture ends inside this packet's record"
      advice += "; stop the capture with Ctrl-C rather than a kill, or copy the file again"
      byte = buffer.endPosition
    case (_, .damaged(let text)): problem = text
    }
    if let more = fault.advice { advice += "; \(more)" }
    return CaptureError(
      source: source, problem: problem, packet: packets + 1, byte: byte, advice: advice)
  }

  /// That the user did not let a file be read to its end.
  var interruption: CaptureError {
    CaptureError(
      source: source,
      problem: packets == 0 ? "interrupted before its first packet" : "interrupted behind packet \(packets)",
      advice: "read it again for the rest")
  }

  private static func text(
    of failure: DecompressedBytes.Failure, otherwise byte: UInt64
  ) -> (String, UInt64) {
    switch failure {
    case .system(let error): (error.text.lowercased(), byte)
    case .broken(let compression, let place): ("the \(compression.name) data is damaged", place)
    case .cut(let compression, let place): ("the \(compression.name) data ends too early", place)
    }
  }

  private static let formatAdvice = "give a file that tcpdump -w or Wireshark wrote"

  private static func openingError(
    _ fault: CaptureFault, _ buffer: CaptureBuffer, source: String
  ) -> CaptureError {
    switch fault.problem {
    case .cut:
      if let failure = buffer.state.failure {
        let (problem, byte) = text(of: failure, otherwise: buffer.endPosition)
        return CaptureError(source: source, problem: problem, byte: byte, advice: formatAdvice)
      }
      return CaptureError(
        source: source, problem: "ends inside the capture file's header", byte: buffer.endPosition,
        advice: formatAdvice)
    case .damaged(let problem):
      return CaptureError(source: source, problem: problem, byte: buffer.position, advice: formatAdvice)
    }
  }

  /// Reads the header of a classic file, and moves the window behind it.
  ///
  /// - Returns: `nil` in front of a pcapng.
  private static func classicHeader(
    of buffer: inout CaptureBuffer, source: String
  ) throws(CaptureError) -> PcapRecords? {
    let hasMagic = buffer.has(4)
    if let compression = buffer.state.compression, !compression.isRead {
      throw CaptureError(
        source: source, problem: "is compressed with \(compression.name)",
        advice: "\(compression.catCommand) FILE | wsclose -")
    }
    guard hasMagic else {
      if buffer.count > 0 || buffer.state.failure != nil { throw openingError(.cut, buffer, source: source) }
      throw CaptureError(
        source: source, problem: "is empty", advice: "let the capture run until packets have been written")
    }
    let magic = buffer.bytes.span.bigEndian32(at: buffer.start)
    if magic == PcapngBlocks.sectionHeader { return nil }
    guard PcapRecords.order(magic: magic) != nil else {
      throw CaptureError(
        source: source, problem: "is not a pcap or pcapng capture", byte: 4, advice: formatAdvice)
    }
    let length = PcapRecords.fileHeaderLength
    guard buffer.has(length),
      let records = PcapRecords(
        header: buffer.bytes.span.extracting(buffer.start..<buffer.start + length))
    else { throw openingError(.cut, buffer, source: source) }
    buffer.advance(length)
    return records
  }

  /// What is wrong with a link type that cannot be read.
  var linkTypeError: CaptureError {
    let name = Libpcap.linkTypeName(datalink)
    return CaptureError(
      source: source, problem: "link type \(datalink) (\(name ?? "unknown")) is not supported",
      advice: "capture on an Ethernet, loopback or 'any' interface")
  }
}

extension ByteSource {
  /// Opens a path; what fails is told in words.
  convenience init(
    opening path: String, beginning: [UInt8] = [], beforeWaiting: @escaping @Sendable () -> Void = {},
    isStopped: @escaping @Sendable () -> Bool = { false }
  ) throws(CaptureError) {
    do throws(Errno) {
      try self.init(path: path, beginning: beginning, beforeWaiting: beforeWaiting, isStopped: isStopped)
    } catch {
      throw CaptureError(
        source: CaptureSource.name(of: path), problem: error.problem, advice: error.advice)
    }
  }
}

extension Errno {
  /// Only a pipe has its opening wait for long: for who writes to it.
  fileprivate var problem: String {
    code == EINTR ? "interrupted before anything was written to it" : text.lowercased()
  }

  fileprivate var advice: String {
    switch code {
    case ENOENT: "check the path"
    case EISDIR: "name the capture files in it"
    case EACCES: "make the file readable for this user"
    case EINTR: "start what writes to it"
    default: "check that the file can be read"
    }
  }
}
