/// The last packets of a live capture, each to be found by its connection. It is bounded in bytes, oldest out first.
///
/// Of each packet the headers are kept and little of the payload, unless all of it was asked for: its first bytes, where
/// a frame's header often stands, and its last, where a Close frame does.
package final class PacketRing {
  /// One connection, whoever sends.
  private struct Ends: Hashable {
    var low: Endpoint
    var high: Endpoint
    var realm: UInt16
  }

  private struct Entry {
    var packet: KeptPacket.Facts
    var flow: Int
    /// Where its bytes lie in the block: the head, then the tail.
    var start: Int
    var headLength: Int
    var tailLength: Int
  }

  private struct Block {
    var bytes: [UInt8] = []
    var entries: [Entry] = []
    var cost: Int { bytes.count + entries.count * PacketRing.entryCost }
  }

  private struct Place {
    var block: UInt64
    var entry: Int
  }

  private struct Flow {
    var ends: Ends
    var places: [Place] = []
    var first = 0
  }

  private var blocks: [Block] = []
  /// The serial number of the first block.
  private var firstBlock: UInt64 = 0
  private var flows: [Flow] = []
  private var freeFlows: [Int] = []
  private var slots: [Ends: Int] = [:]
  private var fullCost = 0
  private var spare: Block?

  /// In bytes, with what it takes to find the packets again.
  package let byteLimit: Int
  package let keepsPayload: Bool
  private let blockSize: Int
  /// Packets that came in.
  package private(set) var packets: UInt64 = 0
  /// The number of the last packet that was pushed out.
  package private(set) var lastPushedOut: UInt64 = 0

  /// Payload bytes at a packet's beginning, and behind an HTTP head.
  package static let headBytes = 64
  /// A Close frame has 131 bytes at most; a TLS record around it has some more.
  static let tailBytes = 192
  /// Packets of a connection that are found at once: who opens many WebSockets on one must not get all of it each time.
  static let maxFound = 10_000
  /// An entry, its place, and its share of a connection with few packets.
  static let entryCost = MemoryLayout<Entry>.stride + MemoryLayout<Place>.stride + 160

  package init(byteLimit: Int, keepsPayload: Bool = false) {
    self.byteLimit = max(byteLimit, 1 << 16)
    self.keepsPayload = keepsPayload
    blockSize = min(self.byteLimit / 16, 1 << 18)
  }

  /// Bytes that are in use.
  package var byteCount: Int { fullCost + (blocks.last?.cost ?? 0) }

  // MARK: Adding

  /// - Parameters:
  ///   - segment: what the frame carries; `segment.payload` lies in it, and is empty for a fragment that completed others.
  ///   - frame: the captured bytes of the packet.
  package func add(_ segment: TCPSegment, in frame: Span<UInt8>, wireLength: Int, as linkType: LinkType) {
    packets &+= 1
    if blocks.last.map({ $0.cost >= blockSize }) ?? true { beginBlock() }
    let block = blocks.count - 1
    let isForward = segment.source < segment.destination
    let flow = slot(
      Ends(
        low: isForward ? segment.source : segment.destination,
        high: isForward ? segment.destination : segment.source, realm: segment.realm))
    let payload = segment.payload.clamped(to: 0..<frame.count)
    let start = blocks[block].bytes.count
    let parts = self.parts(of: payload, in: frame)
    blocks[block].bytes.append(frame.extracting(0..<parts.headEnd))
    if parts.httpHead > 0 {
      let head = start + payload.lowerBound
      HTTPHeadBlinding.blind(&blocks[block].bytes, in: head..<head + parts.httpHead)
    }
    blocks[block].bytes.append(frame.extracting(parts.tail))
    flows[flow].places.append(
      Place(block: firstBlock + UInt64(block), entry: blocks[block].entries.count))
    blocks[block].entries.append(
      Entry(
        packet: KeptPacket.Facts(
          packet: segment.packet, source: segment.source, interface: segment.interface, linkType: linkType,
          sequence: segment.sequence, flags: segment.flags, payload: payload, wireLength: wireLength,
          httpHead: parts.httpHead),
        flow: flow, start: start, headLength: parts.headEnd, tailLength: parts.tail.count))
  }

  /// What is kept of a frame: its beginning, and the last bytes of its payload.
  private func parts(
    of payload: Range<Int>, in frame: Span<UInt8>
  ) -> (headEnd: Int, httpHead: Int, tail: Range<Int>) {
    if keepsPayload { return (frame.count, 0, frame.count..<frame.count) }
    let start = payload.lowerBound
    let httpEnd = min(HTTPHeadBlinding.headEnd(frame, at: start) ?? start, payload.upperBound)
    let headEnd = min(httpEnd + Self.headBytes, payload.upperBound)
    return (headEnd, httpEnd - start, max(headEnd, payload.upperBound - Self.tailBytes)..<payload.upperBound)
  }

  private func slot(_ ends: Ends) -> Int {
    if let slot = slots[ends] { return slot }
    let slot = freeFlows.popLast() ?? flows.count
    if slot == flows.count { flows.append(Flow(ends: ends)) } else { flows[slot] = Flow(ends: ends) }
    slots[ends] = slot
    return slot
  }

  // MARK: Pushing out

  private func beginBlock() {
    if let full = blocks.last { fullCost += full.cost }
    while fullCost + blockSize > byteLimit, !blocks.isEmpty { dropFirstBlock() }
    blocks.append(spare ?? Block())
    spare = nil
  }

  private func dropFirstBlock() {
    var block = blocks.removeFirst()
    firstBlock += 1
    fullCost -= block.cost
    for entry in block.entries {
      lastPushedOut = max(lastPushedOut, entry.packet.packet.number)
      forgetFirst(of: entry.flow)
    }
    block.bytes.removeAll(keepingCapacity: true)
    block.entries.removeAll(keepingCapacity: true)
    spare = block
  }

  /// The oldest packet of all is the oldest of its connection.
  private func forgetFirst(of slot: Int) {
    flows[slot].first += 1
    let (first, count) = (flows[slot].first, flows[slot].places.count)
    if first == count {
      slots[flows[slot].ends] = nil
      flows[slot].places = []
      freeFlows.append(slot)
    } else if first > 32, first * 2 > count {
      flows[slot].places.removeFirst(first)
      flows[slot].first = 0
    }
  }

  // MARK: Finding

  /// The packets between two ends that are still there, in the order in which they came.
  ///
  /// - Parameter first: the number of the first packet that is asked for.
  /// - Returns: the first and the last of them if there are more than `maxFound`; whether the ring has held earlier ones
  ///   and lost them; and how many were left out.
  package func packets(
    between a: Endpoint, _ b: Endpoint, realm: UInt16, from first: UInt64
  ) -> (packets: [KeptPacket], isComplete: Bool, leftOut: Int) {
    let isComplete = first > lastPushedOut
    guard let slot = slots[Ends(low: min(a, b), high: max(a, b), realm: realm)] else {
      return ([], isComplete, 0)
    }
    let places = flows[slot].places[start(in: slot, from: first)...]
    let leftOut = max(0, places.count - Self.maxFound)
    let chosen =
      leftOut == 0
      ? Array(places) : places.prefix(Self.maxFound / 10) + places.suffix(Self.maxFound / 10 * 9)
    let begins = places.first.map { entry(at: $0).packet.packet.number } == first
    return (chosen.map(kept), isComplete || begins, leftOut)
  }

  /// Where the packets from a number on begin among those of a connection: numbers only rise.
  private func start(in slot: Int, from number: UInt64) -> Int {
    (flows[slot].first..<flows[slot].places.count).partitionPoint {
      entry(at: flows[slot].places[$0]).packet.packet.number >= number
    }
  }

  private func entry(at place: Place) -> Entry { blocks[Int(place.block - firstBlock)].entries[place.entry] }

  private func kept(_ place: Place) -> KeptPacket {
    let entry = entry(at: place)
    let tail = entry.start + entry.headLength
    let block = Int(place.block - firstBlock)
    return KeptPacket(
      facts: entry.packet, head: Array(blocks[block].bytes[entry.start..<tail]),
      tail: Array(blocks[block].bytes[tail..<tail + entry.tailLength]))
  }
}

/// A packet as a `PacketRing` has kept it.
package struct KeptPacket: Sendable {
  package struct Facts: Sendable {
    package var packet: PacketReference
    package var source: Endpoint
    package var interface: UInt32?
    package var linkType: LinkType
    package var sequence: SequenceNumber
    package var flags: TCPFlags
    /// Where the payload lies in the frame, as far as it was captured.
    package var payload: Range<Int>
    package var wireLength: Int
    /// Bytes of an HTTP head at the payload's beginning, in which what may be secret is hidden.
    package var httpHead: Int
  }

  package var facts: Facts
  /// The frame's first bytes.
  package var head: [UInt8]
  /// The last bytes of its payload, those that are not in the head.
  package var tail: [UInt8]
}

extension [UInt8] {
  fileprivate mutating func append(_ bytes: Span<UInt8>) {
    // SAFETY: the buffer is valid within the closure, and what is appended is copied.
    unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}
