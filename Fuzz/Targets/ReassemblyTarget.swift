import Capture
import Limits
import Streams
import TCPReassembly
import TestSupport

/// Layout: one byte of options, a script of segments.
enum ReassemblyTarget {
  static func run(_ bytes: [UInt8]) throws(BrokenInvariant) {
    var input = FuzzInput(bytes)
    let isTight = input.byte() & 1 != 0
    let script = SegmentScript(&input)
    guard !isTight else {
      _ = try log(of: script.packets, tight)
      return
    }
    let whole = try log(of: script.packets, patient)
    // At the edge of the largest window a part of a segment may be beyond it.
    guard whole.streams.values.allSatisfy({ ($0.gaps.last?.upperBound ?? 0) < 1 << 29 }) else { return }
    let split = try log(of: script.split(notAt: Set(whole.bases.values)), patient)
    // What is doubtful is judged by how many segments agree: that hangs on how they are cut.
    guard !whole.isDoubtful, !split.isDoubtful else { return }
    // What was not captured with its SYN begins where a segment lets it.
    guard split.bases == whole.bases else { return }
    try demandSame(whole.streams.mapValues { [$0] }, split.streams.mapValues { [$0] })
  }

  /// Limits that a short script reaches.
  private static var tight: Limits {
    var options = Limits()
    options.maxHeldBytes = 800
    options.maxHeldSegments = 6
    options.maxTotalHeldBytes = 1200
    options.maxConnections = 2
    options.idleTimeout = 50
    return options
  }

  /// No connection is forgotten and no hole given up early: how many packets pass in the meantime changes nothing.
  private static var patient: Limits {
    var options = Limits()
    options.idleTimeout = .max
    options.lingerTime = .max
    options.finLingerTime = .max
    options.reorderPatience = .max
    return options
  }

  private static func log(
    of packets: [TestPacket], _ options: Limits
  ) throws(BrokenInvariant) -> SegmentLog {
    var log = SegmentLog()
    var reassembler = Reassembler(limits: options)
    for packet in packets {
      reassembler.receive(packet.segment, in: packet.payload.span, into: &log)
      try demand(reassembler.heldCost >= 0, "less than nothing is held")
      try demand(
        reassembler.heldCost <= options.maxTotalHeldBytes,
        "\(reassembler.heldCost) bytes are held, beyond the limit")
    }
    reassembler.finish(into: &log)
    try demand(reassembler.heldCost == 0, "\(reassembler.heldCost) bytes are held of nothing")
    try log.finish(reassembler.statistics)
    return log
  }
}

/// What reassembly put out; checks that each byte is the one sent under its number.
private struct SegmentLog: StreamSink {
  struct Stream: Equatable {
    var bytes: [Range<UInt64>] = []
    var gaps: [Range<UInt64>] = []
    var end: UInt64?
  }
  struct Key: Hashable {
    var serial: UInt64
    var side: Side
  }
  private(set) var streams: [Key: Stream] = [:]
  private var invariants = StreamInvariants()
  private var connections: [ConnectionID: Connection] = [:]
  /// Where each stream began.
  private(set) var bases: [Key: SequenceNumber] = [:]
  private var wrongBytes = 0

  mutating func receive(_ bytes: Span<UInt8>, _ chunk: StreamChunk) {
    invariants.check(bytes: bytes.count, chunk)
    let key = Key(serial: chunk.connection.serial, side: chunk.side)
    Self.add(chunk.offset..<chunk.offset + UInt64(bytes.count), to: &streams[key, default: Stream()].bytes)
    guard let connection = connections[chunk.connection], let base = bases[key] else { return }
    for index in bytes.indices {
      let sequence = base + UInt32(truncatingIfNeeded: chunk.offset + UInt64(index))
      if bytes[index] != SegmentScript.byte(of: connection, chunk.side, at: sequence) { wrongBytes += 1 }
    }
  }

  mutating func receive(_ event: StreamEvent, on connection: ConnectionID) {
    invariants.check(event, on: connection)
    switch event {
    case .opened(let opened): connections[connection] = opened
    case .began(let side, let sequence): bases[Key(serial: connection.serial, side: side)] = sequence
    case .gap(let side, let range, _, _):
      Self.add(range, to: &streams[Key(serial: connection.serial, side: side), default: Stream()].gaps)
    case .ended(let side, .fin, let offset, _):
      streams[Key(serial: connection.serial, side: side), default: Stream()].end = offset
    default: break
    }
  }

  /// Whether some segment had to be doubted.
  private(set) var isDoubtful = false

  mutating func finish(_ statistics: ReassemblyStatistics) throws(BrokenInvariant) {
    let doubts = [
      statistics.doubtful, statistics.outOfWindow, statistics.ignoredResets, statistics.survivedResets,
      statistics.ignoredSYNs, statistics.keepAlives,
    ]
    isDoubtful = doubts.contains { $0 > 0 }
    if let broken = invariants.broken.first { throw BrokenInvariant(broken) }
    try demand(invariants.openCount == 0, "\(invariants.openCount) connections are still open")
    try demand(wrongBytes == 0, "\(wrongBytes) bytes are not those that were sent there")
    try demand(UInt64(connections.count) == statistics.connections, "connections are miscounted")
  }

  private static func add(_ range: Range<UInt64>, to ranges: inout [Range<UInt64>]) {
    if let last = ranges.last, last.upperBound == range.lowerBound {
      ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
    } else {
      ranges.append(range)
    }
  }
}
