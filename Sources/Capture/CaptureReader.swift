/// Turns one capture into TCP segments, and counts what it passes over.
package struct CaptureReader {
  private let source: CaptureSource
  private let filter: PacketFilter?
  private var file: CaptureFile
  private var intake: PacketIntake
  /// The files that were read so far.
  package private(set) var parts: [CapturePart]
  /// Of the packets of the file that is read.
  private var place = PacketPlace()
  /// Bytes of the files that were read to their end.
  private var bytesBefore: UInt64 = 0
  /// Packets of the file that are of link types that cannot be read.
  private var unreadable: UInt64 = 0
  /// Paths that turned out to be no parts of this capture: their packets are older than those before.
  package private(set) var remaining: [String] = []

  /// Opens the first file.
  package init(_ source: CaptureSource) throws(CaptureError) {
    self.source = source
    filter = source.filter.map { PacketFilter($0) }
    intake = PacketIntake(options: source.decoding)
    file = try source.open(0)
    parts = [CapturePart(source: file.source)]
    try begin()
  }

  package var statistics: CaptureStatistics { intake.statistics }

  /// Where files turned out to be damaged.
  package var damages: [CaptureError] { parts.compactMap(\.damage) }

  /// Reads to the end of the capture; a damaged file is read to the place of the damage, and what the user's interruption
  /// leaves out is damage, too.
  package mutating func read(into sink: inout some SegmentSink) {
    defer { intake.finish() }
    readFile(into: &sink)
    for next in source.paths.indices.dropFirst() where !source.isStopped() {
      parts.append(CapturePart(source: CaptureSource.name(of: source.paths[next])))
      if source.isInterrupted() {
        parts[parts.count - 1].damage = .unread(source.paths[next])
        continue
      }
      do throws(CaptureError) {
        file = try source.open(next)
        try begin()
        guard let first = try file.next() else { continue }
        guard follows(first) else {
          parts.removeLast()
          return remaining = Array(source.paths[next...])
        }
        try read(first, into: &sink)
        readFile(into: &sink)
      } catch {
        parts[parts.count - 1].damage = error
      }
    }
  }

  private mutating func begin() throws(CaptureError) {
    unreadable = 0
    place = PacketPlace(capture: Int32(clamping: source.index), part: UInt16(clamping: parts.count - 1))
    guard let linkType = file.linkType else {
      guard file.mayHaveOtherLinkTypes else { throw file.linkTypeError }
      return
    }
    if intake.statistics.isNew(linkType) { try compileFilter(for: linkType) }
  }

  private func follows(_ packet: CapturedPacket) -> Bool {
    guard let first = statistics.firstPacket, let last = statistics.lastPacket else { return true }
    return CaptureSpan(first, last).mayPrecede(packet.time)
  }

  private mutating func readFile<Sink: SegmentSink>(into sink: inout Sink) {
    let keepsBlocks = Sink.keepsBlocks
    do throws(CaptureError) {
      while true {
        if file.mayWait { pauseIfDue(&sink) }
        guard let packet = try file.next() else { break }
        if keepsBlocks, let block = file.shareBlock() { sink.receive(block) }
        try read(packet, into: &sink)
      }
      if file.linkType == nil, unreadable == file.packets { throw file.linkTypeError }
      if file.isUnfinished, source.isInterrupted() { throw file.interruption }
    } catch {
      parts[parts.count - 1].damage = error
    }
    parts[parts.count - 1].packets = file.packets
    bytesBefore += file.bytesRead
    intake.statistics.finish(file)
  }

  /// What was read so far is to be used before the next packet is waited for. Not inlined: only pipes ask, and to ask copies
  /// what is known of the file.
  @inline(never)
  private func pauseIfDue(_ sink: inout some SegmentSink) {
    guard !file.hasWholePacket else { return }
    tellProgress(to: &sink)
    sink.receive(.pause)
  }

  private static let progressInterval: UInt64 = 1 << 10

  private func tellProgress(to sink: inout some SegmentSink) {
    sink.receive(
      progress: CaptureProgress(packets: statistics.packets, bytesRead: bytesBefore + file.bytesRead))
  }

  private mutating func takeNotes(into sink: inout some SegmentSink) {
    for secrets in file.takeSecrets() { sink.receive(secrets: secrets) }
    // A later part may give a number that has a name another one.
    let names = file.takeInterfaceNames().filter { intake.statistics.interfaceNames[$0.key] == nil }
    guard !names.isEmpty else { return }
    intake.statistics.interfaceNames.merge(names) { first, _ in first }
    sink.receive(interfaceNames: names)
  }

  @inline(__always)
  private mutating func read(
    _ packet: CapturedPacket, into sink: inout some SegmentSink
  ) throws(CaptureError) {
    if file.hasNotes { takeNotes(into: &sink) }
    if statistics.packets % Self.progressInterval == 0 { tellProgress(to: &sink) }
    let reference = PacketReference(
      number: file.packets, time: packet.time, capture: place.capture, part: place.part,
      interface: UInt8(truncatingIfNeeded: packet.interface ?? 0))
    intake.count(reference, wireLength: packet.wireLength, capturedLength: packet.range.count)
    guard let linkType = packet.linkType else {
      unreadable += 1
      return intake.statistics.countSkipped(.linkType)
    }
    if intake.statistics.isNew(linkType) { try compileFilter(for: linkType) }
    let window = file.buffer.bytes
    let frame = window.span.extracting(packet.range)
    if let filter, !filter.passes(frame, wireLength: packet.wireLength, linkType: linkType) {
      return intake.statistics.countSkipped(.filtered)
    }
    intake.take(
      frame, wireLength: packet.wireLength, as: linkType, packet: reference, interface: packet.interface,
      into: &sink)
  }

  private func compileFilter(for linkType: LinkType) throws(CaptureError) {
    do throws(CaptureFault) {
      try filter?.compile(for: linkType)
    } catch {
      guard case .damaged(let problem) = error.problem else { return }
      throw CaptureError(source: file.source, problem: problem, advice: error.advice ?? "")
    }
  }
}

/// What all packets of a file have in common: see `PacketReference`.
private struct PacketPlace {
  var capture: Int32 = 0
  var part: UInt16 = 0
}

/// A file of a capture.
package struct CapturePart: Sendable {
  /// The path, or `standard input`.
  package var source: String
  package var packets: UInt64 = 0
  /// Why it could not be read to its end, if it could not.
  package var damage: CaptureError?

  package init(source: String) { self.source = source }
}
