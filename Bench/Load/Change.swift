/// Bytes of a recorded packet that a clone has otherwise.
struct Change {
  enum Kind {
    /// They are those of the clone's tokens from here on.
    case token(Int)
    /// They are a masking key or masked with it (RFC 6455 §5.3): both change by the same bits.
    ///
    /// - Parameters:
    ///   - frame: which frame of the stream it is.
    ///   - phase: which byte of the key the first byte has.
    case mask(frame: Int, phase: Int)
  }
  /// In the stream, or in the packet.
  var range: Range<Int>
  var kind: Kind

  /// What lies within a part of the stream, by its places in the packet that carries the part from `payload` on.
  func part(in stream: Range<Int>, payload: Int) -> Change? {
    let common = range.clamped(to: stream)
    guard !common.isEmpty else { return nil }
    let skipped = common.lowerBound - range.lowerBound
    let start = common.lowerBound - stream.lowerBound + payload
    var change = Change(range: start..<start + common.count, kind: kind)
    switch kind {
    case .token(let from): change.kind = .token(from + skipped)
    case .mask(let frame, let phase): change.kind = .mask(frame: frame, phase: (phase + skipped) & 3)
    }
    return change
  }
}

extension RecordedStream {
  /// All that a clone of this stream has otherwise, in order.
  func changes(in sample: String) throws(SampleError) -> [Change] {
    var changes: [Change] = []
    for token in FreshToken.allCases {
      guard let range = field(token.field) else { continue }
      guard range.count == token.range.count else {
        throw SampleError(
          sample: sample, problem: "its \(token.field) is not \(token.range.count) bytes long")
      }
      changes.append(Change(range: range, kind: .token(token.range.lowerBound)))
    }
    guard isWebSocket else { return changes }
    for (number, frame) in frames.enumerated() where frame.header.maskingKey != nil {
      let start = frame.payloadStart
      let end = start + Int(clamping: frame.header.payloadLength)
      changes.append(Change(range: start - 4..<start, kind: .mask(frame: number, phase: 0)))
      changes.append(Change(range: start..<end, kind: .mask(frame: number, phase: 0)))
    }
    return changes
  }

  /// Whether its head is that of an opening handshake.
  var isWebSocket: Bool {
    field(FreshToken.key.field) != nil || field(FreshToken.accept.field) != nil
  }
}
