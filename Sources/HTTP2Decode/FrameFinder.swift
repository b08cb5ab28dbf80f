import Limits
import Streams

/// Finds frame boundaries in a direction of which only a part was captured, by structure alone.
///
/// Programs write whole frames, so a segment often begins with one. From such a place a chain of frames is
/// followed as long as every header keeps the rules (RFC 9113 §4.1, §6). How unlikely the chain would be in
/// random bytes is its evidence, in bits. Until it is enough nothing of it is told; then all of it.
struct FrameFinder {
  /// A segment's bytes, or what is left of them.
  struct Piece {
    var bytes: [UInt8]
    var chunk: StreamChunk
  }
  private var candidate: FrameDecoder?
  private var pieces: [Piece] = []
  private var cost = 0
  private var bits = 0
  private(set) var headers = 0
  /// How often a frame's length led to its segment's end.
  private(set) var alignedEnds = 0
  /// A block is open: the next frame must be its continuation (RFC 9113 §6.10).
  private var openBlock: UInt32?
  /// Segments at whose beginning no frame began; each was a chance to be wrong.
  private(set) var failures = 0
  private static let maxCost = Limits.standard.maxHTTP2HeldBytes
  private static let pieceCost = 64
  private static let alignedBits = 14
  /// On a connection that is known to be HTTP/2: one place in 10^12.
  private static let enough = 40
  private static let enoughHeaders = 3

  var hasCandidate: Bool { candidate != nil }

  /// How unlikely it is, in bits, that random bytes look like the chain.
  var evidence: Int {
    guard hasCandidate else { return 0 }
    return bits + min(alignedEnds, headers) * Self.alignedBits - (Int.bitWidth - failures.leadingZeroBitCount)
  }

  /// Numbers with many zeros in front look like one or two headers, but lead nowhere.
  var isConvincing: Bool { evidence >= Self.enough && (headers >= Self.enoughHeaders || alignedEnds > 0) }

  /// What was found, from its first frame on; starts over.
  mutating func take() -> [Piece] {
    defer { self = FrameFinder() }
    return pieces
  }

  /// - Parameter isKnown: whether a stream of that number is open.
  mutating func receive(_ bytes: Span<UInt8>, _ chunk: StreamChunk, isKnown: (UInt32) -> Bool) {
    guard !bytes.isEmpty else { return }
    if hasCandidate, !extend(bytes, chunk, isKnown) { drop() }
    if !hasCandidate {
      candidate = FrameDecoder()
      guard !extend(bytes, chunk, isKnown) else { return }
      drop()
      failures += 1
    }
  }

  /// Passes over bytes that are missing.
  mutating func skip(_ count: UInt64) { drop() }

  private mutating func drop() {
    let failures = failures
    self = FrameFinder()
    self.failures = failures
  }

  private mutating func extend(
    _ bytes: Span<UInt8>, _ chunk: StreamChunk, _ isKnown: (UInt32) -> Bool
  ) -> Bool {
    var index = 0
    var began = false
    while let step = candidate?.next(bytes, from: &index) {
      guard case .header(let header) = step else { continue }
      guard let bits = header.evidence(isKnown: isKnown(header.streamID)), follows(header) else {
        return false
      }
      self.bits += bits
      headers += 1
      began = true
    }
    if began, candidate?.isBetweenFrames == true { alignedEnds += 1 }
    cost += bytes.count + Self.pieceCost
    guard cost <= Self.maxCost else { return false }
    pieces.append(Piece(bytes: [UInt8](bytes, bytes.indices), chunk: chunk))
    return true
  }

  /// Whether a frame may stand behind the one before.
  private mutating func follows(_ header: FrameHeader) -> Bool {
    guard (header.type == .continuation ? header.streamID : nil) == openBlock else { return false }
    switch header.type {
    case .headers, .pushPromise, .continuation:
      openBlock = header.has(FrameHeader.endHeaders) ? nil : header.streamID
    default: break
    }
    return true
  }
}

extension FrameHeader {
  /// How unlikely it is, in bits, that nine random bytes are such a header; `nil` if no program sends it.
  ///
  /// - Parameter isKnown: whether a stream of that number is open.
  func evidence(isKnown: Bool) -> Int? {
    guard let rule = Rule.all[type], !reservedBit, flags & ~rule.flags == 0, rule.allows(length) else {
      return nil
    }
    guard isStreamAllowed(by: rule) else { return nil }
    // An empty frame says nothing unless it says that it is the last.
    guard length > 0 || type == .settings || endsStream else { return nil }
    let typeBits = 4
    let flagBits = 8 - rule.flags.nonzeroBitCount
    let idBits = streamID == 0 || isKnown ? 24 : 31 - (UInt32.bitWidth - streamID.leadingZeroBitCount)
    return rule.lengthBits + typeBits + flagBits + idBits
  }

  private func isStreamAllowed(by rule: Rule) -> Bool {
    switch rule.stream {
    case .connection: streamID == 0
    case .either: streamID == 0 || streamID % 2 == 1
    // Few servers ever push, and no stream that carries something is pushed.
    case .stream: streamID % 2 == 1
    }
  }

  /// What RFC 9113 §6 says of a type of frame.
  private struct Rule {
    enum Stream { case connection, stream, either }
    var flags: UInt8 = 0
    var stream = Stream.stream
    /// What the length must be; for SETTINGS a multiple of it.
    var length: Int?
    var isMultiple = false
    var lengthBits: Int { length == nil ? 10 : 20 }

    func allows(_ length: Int) -> Bool {
      guard let fixed = self.length else { return length <= FrameHeader.defaultMaxLength }
      return isMultiple ? length % fixed == 0 && length <= fixed * 64 : length == fixed
    }

    static let all: [FrameType: Rule] = [
      .data: Rule(flags: endStream | padded),
      .headers: Rule(flags: endStream | endHeaders | padded | FrameHeader.priority),
      .priority: Rule(length: 5),
      .resetStream: Rule(length: 4),
      .settings: Rule(flags: ack, stream: .connection, length: 6, isMultiple: true),
      .ping: Rule(flags: ack, stream: .connection, length: 8),
      .goAway: Rule(stream: .connection),
      .windowUpdate: Rule(stream: .either, length: 4),
      .continuation: Rule(flags: endHeaders),
    ]
  }

  /// SETTINGS_MAX_FRAME_SIZE unless it was raised, which few programs do (RFC 9113 §6.5.2).
  private static let defaultMaxLength = 16_384
}
