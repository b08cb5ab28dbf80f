import Capture
import Streams

/// Has the stages behind the streams work on a thread of their own, so that one capture keeps two cores busy: packets are
/// read and put together here, what the streams carry is decoded there. The order stays.
struct StreamHandOver<Sink: StreamSink & CaptureSink & SendableMetatype>: StreamSink, CaptureSink {
  private var batch = StreamBatch()
  private let memory = BatchMemory<StreamBatch>()
  /// Has what was handed over.
  let worker: Worker<Sink>

  init(_ sink: sending Sink) { worker = Worker(sink, name: "streams") }

  static var keepsBlocks: Bool { true }

  mutating func receive(_ block: CaptureBlock) {
    if batch.add(block) { handOver() }
  }

  mutating func receive(_ bytes: Span<UInt8>, _ chunk: StreamChunk) {
    if batch.add(bytes, chunk) { handOver() }
  }

  mutating func receive(_ event: StreamEvent, on connection: ConnectionID) {
    if batch.add(event, on: connection) { handOver() }
  }

  mutating func acknowledge(
    _ side: Side, upTo: UInt64, _ packet: PacketReference, on connection: ConnectionID
  ) {
    if batch.addAcknowledgment(of: side, upTo: upTo, packet, on: connection) { handOver() }
  }

  mutating func receive(secrets: [UInt8]) { batch.add(.secrets(secrets)) }
  mutating func receive(interfaceNames: [UInt32: String]) { batch.add(.interfaceNames(interfaceNames)) }
  mutating func receive(progress: CaptureProgress) { batch.add(.progress(progress)) }
  mutating func receive(pods: [UInt32: PodName]) { batch.add(.pods(pods)) }

  mutating func receive(_ notice: CaptureNotice) {
    batch.add(.notice(notice))
    if notice == .pause { handOver() }
  }

  /// Waits until the sink has taken all that was received, and asks it for something.
  mutating func finish<Result: Sendable>(_ body: (inout Sink) -> Result) -> Result {
    handOver()
    return worker.ask(body)
  }

  private mutating func handOver() {
    guard !batch.isEmpty else { return }
    let block = batch.block
    let full = memory.pack(&batch)
    if let block { _ = batch.add(block) }
    worker.work { [memory] sink in memory.unpack(full) { $0.hand(to: &sink) } }
  }
}

/// What is handed over at once, each kind in an array of its own. Bytes are told by their place in the block in which their
/// packets lie, or copied. No part of the generic type: each look at it would be a call of the runtime.
private struct StreamBatch: Batch {
  enum Note: Sendable {
    case secrets([UInt8])
    case interfaceNames([UInt32: String])
    case progress(CaptureProgress)
    case pods([UInt32: PodName])
    case notice(CaptureNotice)
  }
  private enum Kind {
    case block, blockBytes, copiedBytes, acknowledgment
    /// That of the packet which brought the bytes before it.
    case sameAcknowledgment
    case event, note
  }
  private typealias Acknowledgment = (
    side: Side, upTo: UInt64, packet: PacketReference, connection: ConnectionID
  )
  private var order: [Kind] = []
  private var pieces: [(range: Range<Int>, chunk: StreamChunk)] = []
  private var acknowledgments: [Acknowledgment] = []
  /// Up to where those go that came with bytes, as most do: the rest of them is told with the bytes.
  private var sameAcknowledgments: [UInt64] = []
  private var events: [StreamEvent] = []
  /// That of each event.
  private var connections: [ConnectionID] = []
  private var notes: [Note] = []
  /// The file's bytes; none for what comes from elsewhere.
  private var blocks: [CaptureBlock] = []
  /// That of the last block, kept apart: to ask the block itself would count references to it with each packet.
  private var extent: BlockExtent?
  private var copies: [UInt8] = []
  /// So much that a thread seldom waits for the other one, and that it stays in the processor's cache.
  private static let size = 512
  private static let maxBytes = 128 << 10
  private static let maxBlocks = 4

  mutating func removeAll() {
    order.removeAll(keepingCapacity: true)
    pieces.removeAll(keepingCapacity: true)
    acknowledgments.removeAll(keepingCapacity: true)
    sameAcknowledgments.removeAll(keepingCapacity: true)
    events.removeAll(keepingCapacity: true)
    connections.removeAll(keepingCapacity: true)
    notes.removeAll(keepingCapacity: true)
    copies.removeAll(keepingCapacity: true)
    blocks.removeAll(keepingCapacity: true)
    extent = nil
  }

  /// Whether there is nothing in it but blocks of which nothing was used.
  var isEmpty: Bool { order.count == blocks.count }
  /// That in which the packets lie that come next.
  var block: CaptureBlock? { blocks.last }
  private var isFull: Bool { order.count >= Self.size || copies.count >= Self.maxBytes }

  /// - Returns: whether it is full.
  mutating func add(_ block: CaptureBlock) -> Bool {
    if isEmpty { removeAll() }
    order.append(.block)
    blocks.append(block)
    extent = block.extent
    return isFull || blocks.count >= Self.maxBlocks
  }

  /// - Returns: whether it is full.
  mutating func add(_ bytes: Span<UInt8>, _ chunk: StreamChunk) -> Bool {
    if let start = extent?.start(of: bytes) {
      order.append(.blockBytes)
      pieces.append((start..<start + bytes.count, chunk))
    } else {
      order.append(.copiedBytes)
      pieces.append((copies.count..<copies.count + bytes.count, chunk))
      copies.append(bytes, 0..<bytes.count)
    }
    return isFull
  }

  /// - Returns: whether it is full.
  mutating func addAcknowledgment(
    of side: Side, upTo: UInt64, _ packet: PacketReference, on connection: ConnectionID
  ) -> Bool {
    if let last = order.last, last == .blockBytes || last == .copiedBytes,
      pieces[pieces.count - 1].chunk.acknowledges(side, packet, on: connection)
    {
      order.append(.sameAcknowledgment)
      sameAcknowledgments.append(upTo)
    } else {
      order.append(.acknowledgment)
      acknowledgments.append((side, upTo, packet, connection))
    }
    return isFull
  }

  /// - Returns: whether it is full.
  mutating func add(_ event: StreamEvent, on connection: ConnectionID) -> Bool {
    order.append(.event)
    events.append(event)
    connections.append(connection)
    return isFull
  }

  mutating func add(_ note: Note) {
    order.append(.note)
    notes.append(note)
  }

  func hand(to sink: inout some StreamSink & CaptureSink) {
    var next = (block: 0, piece: 0, acknowledgment: 0, sameAcknowledgment: 0, event: 0, note: 0)
    var block: [UInt8] = []
    for kind in order {
      switch kind {
      case .block:
        block = blocks[next.block].bytes
        next.block += 1
      case .blockBytes:
        let piece = pieces[next.piece]
        sink.receive(block.span.extracting(piece.range), piece.chunk)
        next.piece += 1
      case .copiedBytes:
        let piece = pieces[next.piece]
        sink.receive(copies.span.extracting(piece.range), piece.chunk)
        next.piece += 1
      case .acknowledgment:
        let item = acknowledgments[next.acknowledgment]
        sink.acknowledge(item.side, upTo: item.upTo, item.packet, on: item.connection)
        next.acknowledgment += 1
      case .sameAcknowledgment:
        let chunk = pieces[next.piece - 1].chunk
        sink.acknowledge(
          chunk.side.opposite, upTo: sameAcknowledgments[next.sameAcknowledgment], chunk.packet,
          on: chunk.connection)
        next.sameAcknowledgment += 1
      case .event:
        sink.receive(events[next.event], on: connections[next.event])
        next.event += 1
      case .note:
        Self.tell(notes[next.note], to: &sink)
        next.note += 1
      }
    }
  }

  private static func tell(_ note: Note, to sink: inout some StreamSink & CaptureSink) {
    switch note {
    case .secrets(let secrets): sink.receive(secrets: secrets)
    case .interfaceNames(let names): sink.receive(interfaceNames: names)
    case .progress(let progress): sink.receive(progress: progress)
    case .pods(let pods): sink.receive(pods: pods)
    case .notice(let notice): sink.receive(notice)
    }
  }
}

extension StreamChunk {
  /// Whether the packet that brought it is the one that acknowledges what the other side sent.
  @inline(__always)
  fileprivate func acknowledges(_ side: Side, _ packet: PacketReference, on connection: ConnectionID) -> Bool
  {
    self.side != side && self.packet == packet && self.connection == connection
  }
}
