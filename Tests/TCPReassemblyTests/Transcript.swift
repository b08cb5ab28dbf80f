import Capture
import Limits
import Streams
import TCPReassembly
import TestSupport
import Testing

/// All that reassembly put out, in order.
struct Transcript: StreamSink {
  enum Entry: Equatable {
    case bytes([UInt8], StreamChunk)
    case event(StreamEvent, ConnectionID)
  }

  private(set) var entries: [Entry] = []
  private(set) var statistics = ReassemblyStatistics()

  /// Reassembles packets and checks what must be true of every output.
  ///
  /// - Parameter finishes: whether the capture is over behind them.
  static func of(
    _ packets: [TestPacket], options: Limits = Limits(), finishes: Bool = true,
    sourceLocation: SourceLocation = #_sourceLocation
  ) -> Transcript {
    var transcript = Transcript()
    var reassembler = Reassembler(limits: options)
    for packet in packets {
      reassembler.receive(packet.segment, in: packet.payload.span, into: &transcript)
    }
    if finishes { reassembler.finish(into: &transcript) }
    transcript.statistics = reassembler.statistics
    var invariants = StreamInvariants()
    for entry in transcript.entries {
      switch entry {
      case .bytes(let bytes, let chunk): invariants.check(bytes: bytes.count, chunk)
      case .event(let event, let connection): invariants.check(event, on: connection)
      }
    }
    #expect(invariants.broken == [], sourceLocation: sourceLocation)
    #expect(!finishes || invariants.openCount == 0, sourceLocation: sourceLocation)
    return transcript
  }

  mutating func receive(_ bytes: Span<UInt8>, _ chunk: StreamChunk) {
    entries.append(.bytes(bytes.indices.map { bytes[$0] }, chunk))
  }

  mutating func receive(_ event: StreamEvent, on connection: ConnectionID) {
    entries.append(.event(event, connection))
  }

  // MARK: Views

  var events: [StreamEvent] {
    entries.compactMap { if case .event(let event, _) = $0 { event } else { nil } }
  }

  var connections: [Connection] {
    events.compactMap { if case .opened(let connection) = $0 { connection } else { nil } }
  }

  /// The delivered bytes of one side, as text.
  func text(_ side: Side) -> String {
    let bytes = entries.flatMap { entry in
      if case .bytes(let bytes, let chunk) = entry, chunk.side == side { bytes } else { [UInt8]() }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  func gaps(_ side: Side) -> [Range<UInt64>] {
    events.compactMap { if case .gap(side, let range, _, _) = $0 { range } else { nil } }
  }

  func retransmitted(_ side: Side) -> [Range<UInt64>] {
    events.compactMap { if case .retransmitted(side, let range, _) = $0 { range } else { nil } }
  }

  func finOffsets(_ side: Side) -> [UInt64] {
    events.compactMap { if case .ended(side, .fin, let offset, _) = $0 { offset } else { nil } }
  }

  /// One line for each entry: `client 0 hello #4` are bytes at offset 0 from packet 4. The first
  /// connection is not named. Where the streams began is left out.
  var lines: [String] {
    entries.filter { if case .event(.began, _) = $0 { false } else { true } }.map(\.line)
  }

  /// The lines of one side.
  func lines(_ side: Side) -> [String] { lines.filter { $0.hasPrefix("\(side) ") } }
}

extension Transcript.Entry {
  var line: String {
    switch self {
    case .bytes(let bytes, let chunk):
      let text = "\(chunk.side) \(chunk.offset) \(String(decoding: bytes, as: UTF8.self))"
      return name(chunk.connection) + text + " #\(chunk.packet.number)"
    case .event(let event, let connection):
      return name(connection) + event.line
    }
  }

  private func name(_ connection: ConnectionID) -> String {
    connection.serial == 1 ? "" : "[\(connection.serial)] "
  }
}

extension StreamEvent {
  fileprivate var line: String {
    switch self {
    case .opened: "opened"
    case .began(let side, let sequence): "\(side) began \(sequence.rawValue)"
    case .gap(let side, let range, .limit(let limit), let packet):
      "\(side) gap \(range) \(limit) #\(packet.number)"
    case .gap(let side, let range, let cause, let packet): "\(side) gap \(range) \(cause) #\(packet.number)"
    case .acknowledged(let side, let upTo, let packet): "\(side) acknowledged \(upTo) #\(packet.number)"
    case .retransmitted(let side, let range, let packet): "\(side) repeated \(range) #\(packet.number)"
    case .window(let side, let isOpen, let packet):
      "\(side) window \(isOpen ? "open" : "closed") #\(packet.number)"
    case .ended(let side, let kind, let offset, let packet): "\(side) \(kind) \(offset) #\(packet.number)"
    case .closed(let reason): "closed \(reason)"
    case .encapsulated, .proxied, .secured, .record, .alert, .requested, .responded: "\(self)"
    }
  }
}
