import Capture
import Streams

/// Finds frame boundaries in a direction of which only a part was captured, by structure alone.
///
/// Programs write whole frames, so a segment often begins with one; and the last bytes of a segment may be
/// a Close frame. From such a place a chain of frames is followed as long as every header keeps the rules
/// (RFC 6455 §5). How unlikely the chain would be in random bytes is its evidence, in bits; who asks for it
/// decides how much is enough. Until then nothing of it is reported.
struct FrameFinder {
  /// Whose frames are looked for: masked ones are a client's. `nil` takes both.
  private var wanted: Side?
  private let deflate: PermessageDeflate?
  private let options: FrameOptions
  private var candidate: FrameStream?
  private var recorder = LegEventRecorder()
  private var start: (offset: UInt64, packet: PacketReference)?
  private var boundaryBits = 0
  /// Places that were tried and failed; each was a chance to be wrong.
  private var failures = 0
  /// Short segments among them: a program that writes frames begins its short writes with one.
  private var shortFailures = 0
  /// Bits taken off because several places in one segment were tried.
  private var placePenalty = 0
  /// A candidate that claims a longer frame is more likely chance: it would hide all others meanwhile.
  private static let maxPayloadLength: UInt64 = 16 << 20
  private static let maxEvents = 256
  private static let shortSegment = 512
  /// The ends of long frames.
  private static let allowedShortFailures = 2
  private static let refutingShortFailures = 4
  private static let boundaryBits = 7
  /// Where a frame begins unless the connection carries something else.
  private let expected: UInt64?
  private static let expectedBits = 18
  /// Two bytes that come again and again are likely in any protocol: more of them are no more evidence.
  private static let mostHollowBits = 20

  /// - Parameter role: whose frames are looked for; `nil` takes both.
  init(role: Side?, expected: UInt64? = nil, deflate: PermessageDeflate?, options: FrameOptions) {
    wanted = role
    self.expected = expected
    self.deflate = deflate
    self.options = options
  }

  /// Takes only frames of that side from now on.
  mutating func look(for side: Side) {
    wanted = side
    if let role, role != side { drop() }
  }

  struct Found {
    var role: Side
    var stream: FrameStream
    var offset: UInt64
    var packet: PacketReference
    var events: [LegEvent]
  }

  /// Whose frames the chain has; `nil` without a chain.
  var role: Side? { candidate?.side }

  /// Whether bytes came of which nothing can be made.
  var isContradicted: Bool { candidate == nil && failures > 0 }

  /// Whether what came cannot be frames, however the other direction looks.
  var isRefuted: Bool { candidate == nil && shortFailures > Self.allowedShortFailures }

  /// Whether so much came of which nothing can be made that a WebSocket, taken for one on the other
  /// direction's word, is none.
  var refutesPickUp: Bool { shortFailures > Self.refutingShortFailures }

  /// The code of a proper Close frame at the end of the chain; 0 stands for none in it.
  var closeCode: UInt16? { candidate == nil ? nil : recorder.closeCode }

  /// How unlikely it is, in bits, that random bytes look like the chain.
  var evidence: Int {
    guard let candidate else { return 0 }
    let headers = recorder.frames + (candidate.current == nil ? 0 : 1)
    // Of 256 first bytes 9 are proper without extensions; the mask bit is one more.
    var bits = headers * 5 + boundaryBits - placePenalty
    if headers > 0, start?.offset == expected { bits += Self.expectedBits }
    // 2,014 of 65,536 codes may be sent; a reason must be UTF-8.
    if recorder.closeCode != nil { bits += 5 + min(recorder.reasonLength, 8) }
    if recorder.isHollow { bits = min(bits, Self.mostHollowBits) }
    return bits - (Int.bitWidth - failures.leadingZeroBitCount)
  }

  /// What was found; starts over.
  mutating func take() -> Found? {
    guard let candidate, let start else { return nil }
    defer { drop() }
    var stream = candidate
    stream.forgetFragments()
    return Found(
      role: candidate.side, stream: stream.believed(), offset: start.offset, packet: start.packet,
      events: recorder.events)
  }

  /// Takes a segment's bytes that lie at `offset`.
  mutating func receive(_ bytes: Span<UInt8>, at offset: UInt64, _ packet: PacketReference) {
    guard !bytes.isEmpty else { return }
    if candidate != nil, !extend(bytes, packet) { fail(bytes.count) }
    if candidate == nil, !begin(bytes, at: offset, packet) {
      fail(bytes.count)
      beginWithLastClose(bytes, at: offset, packet)
    }
  }

  /// Passes over bytes that are missing.
  mutating func skip(_ count: UInt64, _ packet: PacketReference) {
    let isInside = candidate?.skip(count, packet, on: .noLeg, &recorder)
    if isInside == false {
      drop()
    } else if candidate?.isBetweenFrames == true {
      boundaryBits += Self.boundaryBits
    }
  }

  // MARK: Candidates

  private mutating func begin(
    _ bytes: Span<UInt8>, at offset: UInt64, _ packet: PacketReference
  ) -> Bool {
    let isMasked = bytes.count > 1 ? bytes[1] & 0x80 != 0 : wanted == .client
    let side: Side = isMasked ? .client : .server
    guard wanted == nil || wanted == side else { return false }
    candidate = FrameStream(
      side: side, from: offset, deflate: deflate, options: options, isStrict: true)
    start = (offset, packet)
    return extend(bytes, packet)
  }

  private mutating func extend(_ bytes: Span<UInt8>, _ packet: PacketReference) -> Bool {
    guard recorder.events.count <= Self.maxEvents else { return false }
    candidate?.receive(bytes, packet, on: .noLeg, &recorder)
    guard let candidate, !candidate.hasFailed else { return false }
    if let current = candidate.current {
      guard current.header.payloadLength <= Self.maxPayloadLength else { return false }
    }
    if candidate.isBetweenFrames {
      // The length of a frame that began in the segment leads to the segment's end; a longer frame ends
      // at the end of a short segment by chance.
      let began = recorder.lastFrameBegin >= candidate.offset - UInt64(bytes.count)
      let chance = Int.bitWidth - bytes.count.leadingZeroBitCount - 1
      boundaryBits += began ? Self.boundaryBits : min(Self.boundaryBits, chance)
    }
    return true
  }

  /// Looks for a Close frame that ends where the bytes end.
  private mutating func beginWithLastClose(
    _ bytes: Span<UInt8>, at offset: UInt64, _ packet: PacketReference
  ) {
    let longest = FrameHeader.maxByteCount + 125
    for index in max(1, bytes.count - longest)..<max(1, bytes.count - 1) where bytes[index] == 0x88 {
      let rest = bytes.extracting(index..<bytes.count)
      if begin(rest, at: offset + UInt64(index), packet), recorder.closeCode != nil,
        candidate?.isBetweenFrames == true
      {
        placePenalty = 7
        return
      }
      drop()
    }
  }

  private mutating func fail(_ byteCount: Int) {
    drop()
    failures += 1
    if byteCount < Self.shortSegment { shortFailures += 1 }
  }

  private mutating func drop() {
    candidate = nil
    start = nil
    recorder = LegEventRecorder()
    boundaryBits = 0
    placePenalty = 0
  }
}

/// Keeps a candidate's events until it is believed.
private struct LegEventRecorder: LegSink {
  private(set) var events: [LegEvent] = []
  private(set) var frames = 0
  /// Whether all frames were empty, without a mask.
  private(set) var isHollow = true
  private(set) var lastFrameBegin: UInt64 = 0
  /// Of a Close frame without a fault; 0 for one without a code.
  private(set) var closeCode: UInt16?
  private(set) var reasonLength = 0

  mutating func receive(_ event: LegEvent, on leg: LegID) {
    events.append(event)
    switch event {
    case .frame(let frame):
      frames += 1
      if frame.header.payloadLength > 0 || frame.header.isMasked { isHollow = false }
      lastFrameBegin = frame.range.lowerBound
    case .close(_, let body) where body.isComplete && body.violations.isEmpty:
      closeCode = body.code?.rawValue ?? 0
      reasonLength = body.reason?.utf8.count ?? 0
    default: break
    }
  }
}
