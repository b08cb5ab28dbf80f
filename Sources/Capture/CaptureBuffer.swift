/// A window onto the bytes of a capture, as long as the record that is read needs it.
struct CaptureBuffer {
  /// What is in the window lies from `start` on.
  private(set) var bytes: [UInt8] = []
  private(set) var start = 0
  private var end = 0
  /// Where `bytes` begins among the capture's bytes; wraps, as there is room in front of the first of them.
  private var origin: UInt64 = 0
  private let input: CaptureInput
  /// Of the blocks that have been in the window.
  private(set) var state = InputState()
  private var isAtEnd = false
  /// Whether others may keep what is in `bytes`.
  private(set) var isShared = false

  init(_ input: CaptureInput) { self.input = input }

  /// The bytes that the window moves over, to be kept.
  mutating func share() -> CaptureBlock {
    isShared = true
    return CaptureBlock(bytes, input.memory)
  }

  var count: Int { end - start }
  /// The offset of the window's first byte among the capture's, counted after decompression.
  var position: UInt64 { origin &+ UInt64(start) }
  /// The offset behind all that was read.
  var endPosition: UInt64 { position + UInt64(count) }

  /// Whether the window has so many bytes; reads them if it must. The caller bounds them.
  @inline(__always)
  mutating func has(_ wanted: Int) -> Bool { count >= wanted || fill(wanted) }

  /// A field of the record at the window's beginning; `has` must have said that it is there.
  @inline(__always)
  func uint32(at offset: Int, _ order: ByteOrder) -> UInt32 { order.uint32(bytes.span, at: start + offset) }

  /// Moves the window over bytes that it has.
  @inline(__always)
  mutating func advance(_ count: Int) { start += count }

  /// Moves the window over any number of bytes; false if the capture has fewer.
  mutating func skip(_ count: UInt64) -> Bool {
    var left = count
    while left > UInt64(self.count) {
      left -= UInt64(self.count)
      advance(self.count)
      guard fill(1) else { return false }
    }
    advance(Int(left))
    return true
  }

  private mutating func fill(_ wanted: Int) -> Bool {
    while count < wanted, !isAtEnd {
      var block = input.next()
      state = block.state
      isAtEnd = block.isLast
      if count <= BlockMemory.room {
        putWindow(inFrontOf: &block)
      } else {
        append(&block, wanted)
      }
    }
    return count >= wanted
  }

  /// Copies what is left of the window into the room in front of the next bytes.
  private mutating func putWindow(inFrontOf block: inout InputBlock) {
    let place = block.range.lowerBound - count..<block.range.lowerBound
    block.bytes.replaceSubrange(place, with: bytes[start..<end])
    move(onto: &block.bytes, place.lowerBound..<block.range.upperBound)
  }

  /// Makes the window longer: a record is larger than a block.
  private mutating func append(_ block: inout InputBlock, _ wanted: Int) {
    let isMostlyPassed = start >= count
    if isShared || bytes.count == BlockMemory.blockSize || isMostlyPassed {
      var longer: [UInt8] = []
      longer.reserveCapacity(wanted + BlockMemory.blockSize)
      longer += bytes[start..<end]
      move(onto: &longer, 0..<longer.count)
    }
    bytes += block.bytes[block.range]
    end = bytes.count
    input.memory.give(&block.bytes)
  }

  /// Moves the window to other bytes; those before are given back, unless others keep them.
  private mutating func move(onto other: inout [UInt8], _ window: Range<Int>) {
    swap(&bytes, &other)
    origin = position &- UInt64(window.lowerBound)
    (start, end) = (window.lowerBound, window.upperBound)
    if !isShared { input.memory.give(&other) }
    isShared = false
  }
}
