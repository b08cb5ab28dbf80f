/// Cuts one direction's bytes into frames (RFC 9113 §4.1), however they are split.
struct FrameDecoder {
  enum Step: Hashable {
    case header(FrameHeader)
    /// Indices of bytes of the payload.
    case payload(Range<Int>)
    /// The frame is complete.
    case end(FrameHeader)
  }
  /// The frame whose payload comes; `nil` in a header.
  private(set) var current: FrameHeader?
  /// Payload bytes that are still to come.
  private(set) var left = 0
  /// What came of a header.
  private var partial: [UInt8] = []

  /// Whether the next byte begins a frame.
  var isBetweenFrames: Bool { current == nil && partial.isEmpty }

  /// - Parameter index: where to go on in the bytes; moved behind what was used.
  /// - Returns: `nil` once all bytes are used.
  mutating func next(_ bytes: Span<UInt8>, from index: inout Int) -> Step? {
    guard let header = current else { return takeHeader(bytes, from: &index).map { .header($0) } }
    guard left > 0 else {
      current = nil
      return .end(header)
    }
    let used = min(left, bytes.count - index)
    guard used > 0 else { return nil }
    left -= used
    index += used
    return .payload(index - used..<index)
  }

  /// Passes over bytes that are missing.
  ///
  /// - Returns: false if a header is among them, and so the boundaries are lost.
  mutating func skip(_ count: UInt64) -> Bool {
    guard current != nil, count <= UInt64(left) else { return false }
    left -= Int(count)
    return true
  }

  private mutating func takeHeader(_ bytes: Span<UInt8>, from index: inout Int) -> FrameHeader? {
    if partial.isEmpty, bytes.count - index >= FrameHeader.byteCount {
      index += FrameHeader.byteCount
      return begin(FrameHeader(bytes, at: index - FrameHeader.byteCount))
    }
    while index < bytes.count {
      partial.append(bytes[index])
      index += 1
      guard partial.count == FrameHeader.byteCount else { continue }
      defer { partial.removeAll(keepingCapacity: true) }
      return begin(FrameHeader(partial.span, at: 0))
    }
    return nil
  }

  private mutating func begin(_ header: FrameHeader) -> FrameHeader {
    current = header
    left = header.length
    return header
  }
}
