import Capture
import Streams
import TestSupport

/// What reassembly could tell of one connection, made from a fuzzer's bytes. Layout: one byte, whether the capture
/// holds the beginning; then steps. A step begins with a byte: bit 0 says whose stream it is about, bits 1-3 what
/// it is, bits 4-7 are its argument.
struct StreamScript {
  private enum Item {
    case bytes([UInt8], StreamChunk)
    case event(StreamEvent)
  }
  private struct Stream {
    var position: UInt64 = 0
    var acknowledged: UInt64 = 0
    var hasFIN = false
    var hasRST = false
    var isWindowOpen = true
  }

  let connection: Connection
  private var items: [Item] = []
  private var client = Stream()
  private var server = Stream()
  /// Whether bytes are missing.
  private(set) var hasGaps = false

  /// - Parameters:
  ///   - beginning: what both sides have said before.
  ///   - allowsUnknownLength: whether gaps may be of unknown length, as those of carried streams are.
  init(
    _ input: inout FuzzInput, after beginning: [(side: Side, bytes: [UInt8])] = [], allowsUnknownLength: Bool
  ) {
    let sawStart = input.byte() & 1 == 1 || !beginning.isEmpty
    connection = Connection(
      id: ConnectionID(slot: 0, serial: 1), client: Endpoint(text: "10.9.1.2:40000"),
      server: Endpoint(text: "10.9.1.1:80"), sawStart: sawStart, openedAt: Self.packet(1), interface: nil)
    items = [
      .event(.opened(connection)), .event(.began(.client, SequenceNumber(1000))),
      .event(.began(.server, SequenceNumber(5000))),
    ]
    for (side, bytes) in beginning { add(bytes, of: side) }
    while !input.isAtEnd { addStep(&input, allowsUnknownLength: allowsUnknownLength) }
    items.append(.event(.closed(.captureEnded)))
  }

  /// Passes all on, bytes in pieces of at most `size`.
  func play(into sink: inout some StreamSink, cutInto size: Int = .max) {
    for item in items {
      switch item {
      case .event(let event): sink.receive(event, on: connection.id)
      case .bytes(let bytes, let chunk):
        var start = 0
        while start < bytes.count {
          let end = min(bytes.count, start + min(size, bytes.count))
          var piece = chunk
          piece.offset += UInt64(start)
          sink.receive(bytes.span.extracting(start..<end), piece)
          start = end
        }
      }
    }
  }

  /// All bytes that a side sent, without what is missing.
  func bytes(of side: Side) -> [UInt8] {
    items.flatMap { item in
      if case .bytes(let bytes, let chunk) = item, chunk.side == side { bytes } else { [UInt8]() }
    }
  }

  private mutating func addStep(_ input: inout FuzzInput, allowsUnknownLength: Bool) {
    let control = input.byte()
    let side: Side = control & 1 == 0 ? .client : .server
    let argument = UInt64(control >> 4)
    let stream = self[side]
    switch control >> 1 & 7 {
    case 0: add(input.take(Int(input.byte())), of: side)
    case 1: add(input.take(Int(input.number16())), of: side)
    case 2 where argument == 15 && allowsUnknownLength: addGap(1, .unknownLength, of: side)
    case 2: addGap(argument + 1, .notCaptured, of: side)
    // Up to the largest window.
    case 3: addGap(1 << (2 * argument), argument & 1 == 0 ? .notCaptured : .truncated, of: side)
    case 4:
      let end = stream.position + (stream.hasFIN ? 1 : 0)
      let upTo = end - min(end, argument * argument)
      guard upTo > stream.acknowledged else { return }
      self[side].acknowledged = upTo
      items.append(.event(.acknowledged(side, upTo: upTo, next)))
    case 5 where argument & 1 == 0 && !stream.hasFIN:
      self[side].hasFIN = true
      items.append(.event(.ended(side, .fin, at: stream.position, next)))
    case 5 where !stream.hasRST:
      self[side].hasRST = true
      items.append(.event(.ended(side, .rst, at: stream.position + argument / 2, next)))
    case 6:
      self[side].isWindowOpen.toggle()
      items.append(.event(.window(side, isOpen: !stream.isWindowOpen, next)))
    case 7 where stream.position > 0:
      let range = stream.position - min(stream.position, argument + 1)..<stream.position
      items.append(.event(.retransmitted(side, range, next)))
    default: break
    }
  }

  private mutating func add(_ bytes: [UInt8], of side: Side) {
    guard !bytes.isEmpty else { return }
    items.append(
      .bytes(
        bytes, StreamChunk(connection: connection.id, side: side, offset: self[side].position, packet: next)))
    self[side].position += UInt64(bytes.count)
  }

  private mutating func addGap(_ count: UInt64, _ cause: GapCause, of side: Side) {
    let start = self[side].position
    items.append(.event(.gap(side, start..<start + count, cause, next)))
    self[side].position += count
    hasGaps = true
  }

  private subscript(side: Side) -> Stream {
    get { side == .client ? client : server }
    set { if side == .client { client = newValue } else { server = newValue } }
  }

  private var next: PacketReference { Self.packet(items.count) }

  private static func packet(_ number: Int) -> PacketReference {
    PacketReference(number: UInt64(number), time: Timestamp(nanoseconds: Int64(number) * 1_000_000))
  }
}
