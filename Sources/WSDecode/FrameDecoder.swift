/// What the next bytes of a stream are.
package enum FrameStep: Hashable, Sendable {
  case header(FrameHeader)
  /// Payload of the current frame, as indexes of the bytes that were passed in.
  case payload(Range<Int>)
  case end
}

/// Cuts one direction's bytes into frames, with no I/O, no clock and no knowledge of TCP. Payload is
/// pointed at, never held, so a frame's size costs nothing.
package struct FrameDecoder {
  private enum State {
    case header
    case payload(left: UInt64)
    case failed(FrameError)
  }
  private var state = State.header
  /// The beginning of a header that its segment did not complete.
  private var partialHeader: [UInt8] = []

  package init() {}

  /// Whether the last byte passed in was the last of a frame.
  package var isBetweenFrames: Bool {
    if case .header = state { return partialHeader.isEmpty }
    return false
  }

  /// Header bytes taken of a frame whose header is not complete.
  package var partialHeaderCount: Int { partialHeader.count }

  /// Payload bytes of the current frame that are still to come.
  package var payloadLeft: UInt64 {
    if case .payload(let left) = state { return left }
    return 0
  }

  /// - Parameters:
  ///   - bytes: what follows the bytes of the call before.
  ///   - index: where to go on in them; moved behind what was used.
  /// - Returns: `nil` once all bytes are used.
  /// - Throws: what makes the rest of the stream unreadable; again at each later call.
  package mutating func next(
    _ bytes: Span<UInt8>, from index: inout Int
  ) throws(FrameError) -> FrameStep? {
    switch state {
    case .failed(let error): throw error
    case .payload(left: 0):
      state = .header
      return .end
    case .payload(let left):
      guard index < bytes.count else { return nil }
      let start = index
      index += Int(min(left, UInt64(bytes.count - index)))
      state = .payload(left: left - UInt64(index - start))
      return .payload(start..<index)
    case .header:
      guard index < bytes.count else { return nil }
      do throws(FrameError) {
        guard let header = try takeHeader(bytes, from: &index) else { return nil }
        state = .payload(left: header.payloadLength)
        return .header(header)
      } catch {
        state = .failed(error)
        throw error
      }
    }
  }

  /// Passes over bytes that are missing.
  ///
  /// - Returns: false if they do not lie within one frame's payload: its boundaries are lost.
  package mutating func skip(_ count: UInt64) -> Bool {
    guard case .payload(let left) = state, count <= left else { return false }
    state = .payload(left: left - count)
    return true
  }

  private mutating func takeHeader(
    _ bytes: Span<UInt8>, from index: inout Int
  ) throws(FrameError) -> FrameHeader? {
    if partialHeader.isEmpty, let header = try FrameHeader(parsing: bytes, at: index) {
      index += header.byteCount
      return header
    }
    while index < bytes.count {
      partialHeader.append(bytes[index])
      index += 1
      if let header = try FrameHeader(parsing: partialHeader.span, at: 0) {
        partialHeader.removeAll(keepingCapacity: true)
        return header
      }
    }
    return nil
  }
}
