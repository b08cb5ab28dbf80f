/// A window onto the bytes of a capture, as long as the record that is read needs it.
struct CaptureBuffer {
  /// What is in the window lies from `start` on.
  private(set) var bytes: [UInt8]
  private(set) var start = 0
  private var end = 0
  /// The offset of the window's first byte among the capture's, counted after decompression.
  private(set) var position: UInt64 = 0
  private let input: DecompressedBytes
  private let memory = BlockMemory()
  /// Whether others may keep what is in `bytes`: then it does not change any more.
  private(set) var isShared = false

  init(_ input: DecompressedBytes) {
    self.input = input
    bytes = memory.take()
  }

  /// The bytes that the window moves over, to be kept. More bytes are read to another place from now on.
  mutating func share() -> CaptureBlock {
    isShared = true
    return CaptureBlock(bytes, memory)
  }

  var count: Int { end - start }
  /// The offset behind all that was read.
  var endPosition: UInt64 { position + UInt64(count) }
  var failure: DecompressedBytes.Failure? { input.failure }
  var compression: Compression? { input.compression }
  var wasStopped: Bool { input.wasStopped }
  /// Bytes that were read, before decompression.
  var bytesRead: UInt64 { input.bytesRead }

  /// Whether the window has so many bytes; reads them if it must. The caller bounds them.
  @inline(__always)
  mutating func has(_ wanted: Int) -> Bool { count >= wanted || fill(wanted) }

  /// A field of the record at the window's beginning; `has` must have said that it is there.
  @inline(__always)
  func uint32(at offset: Int, _ order: ByteOrder) -> UInt32 { order.uint32(bytes.span, at: start + offset) }

  /// Moves the window over bytes that it has.
  @inline(__always)
  mutating func advance(_ count: Int) {
    start += count
    position &+= UInt64(count)
  }

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
    if isShared {
      moveElsewhere()
    } else if start > 0 {
      moveToFront()
    }
    if wanted > bytes.count { bytes += [UInt8](repeating: 0, count: wanted - bytes.count) }
    while end < wanted {
      let from = end
      let read = unsafe bytes.withUnsafeMutableBytes {
        unsafe input.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[from...]))
      }
      guard read > 0 else { return false }
      end += read
    }
    return true
  }

  private mutating func moveToFront() {
    let window = start..<end
    // SAFETY: slices are bounds-checked, and the copy may overlap.
    unsafe bytes.withUnsafeMutableBytes { bytes in
      unsafe bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[window]))
    }
    (start, end) = (0, window.count)
  }

  private mutating func moveElsewhere() {
    let window = bytes[start..<end]
    bytes = memory.take()
    if window.count > bytes.count { bytes = [UInt8](repeating: 0, count: window.count) }
    bytes.replaceSubrange(..<window.count, with: window)
    (start, end) = (0, window.count)
    isShared = false
  }
}
