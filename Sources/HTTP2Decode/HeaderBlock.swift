import Limits

/// The header block of a HEADERS or PUSH_PROMISE frame and its CONTINUATION frames (RFC 9113 §4.3), as it
/// comes.
struct HeaderBlock {
  /// `nil` while no block is open.
  private(set) var stream: UInt32?
  private(set) var bytes: [UInt8] = []
  private(set) var endsStream = false
  private(set) var isPromise = false
  /// Bytes are missing, or there are more than are kept.
  private(set) var isCut = false
  /// Of all fragments: real ones have a few hundred bytes, servers refuse more than some 16 to 64 KB.
  static let maxBytes = Limits.standard.maxHeaderBlockBytes

  /// Only CONTINUATION frames of the same stream may follow within a block (RFC 9113 §6.10).
  func isInterrupted(by header: FrameHeader) -> Bool {
    guard let stream else { return header.type == .continuation }
    return header.type != .continuation || header.streamID != stream
  }

  /// - Parameter payload: of a frame that is complete.
  mutating func append(_ payload: [UInt8], of header: FrameHeader, isCut: Bool) {
    if header.type != .continuation {
      stream = header.streamID
      endsStream = header.endsStream
      isPromise = header.type == .pushPromise
    }
    let fragment = isCut ? nil : Self.fragment(of: payload, header)
    guard let fragment, bytes.count + fragment.count <= Self.maxBytes else {
      self.isCut = true
      bytes = []
      return
    }
    if !self.isCut { bytes += fragment }
  }

  /// What is left without padding, priority and the promised stream's number (RFC 9113 §6.2, §6.6); `nil` if
  /// their lengths do not fit.
  private static func fragment(of payload: [UInt8], _ header: FrameHeader) -> ArraySlice<UInt8>? {
    guard header.type != .continuation else { return payload[...] }
    var fragment = payload[...]
    var padding = 0
    if header.has(FrameHeader.padded) {
      guard let count = fragment.popFirst() else { return nil }
      padding = Int(count)
    }
    var front = 0
    if header.type == .pushPromise { front = 4 } else if header.has(FrameHeader.priority) { front = 5 }
    guard fragment.count >= front + padding else { return nil }
    return fragment.dropFirst(front).dropLast(padding)
  }
}
