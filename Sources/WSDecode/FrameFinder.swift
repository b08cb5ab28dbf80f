import Capture
import TCPReassembly

/// Finds frame boundaries again in a direction that has lost them, by structure alone.
///
/// Programs write whole frames, so a segment often begins with a frame. A chain of frames that starts at a
/// segment's beginning is believed when every header keeps the rules (RFC 6455 §5), and when the chain has
/// met the ends of two segments; for a Close frame with a proper body one is enough. Until then nothing of
/// it is reported.
struct FrameFinder {
  private let side: Side
  private let deflate: PermessageDeflate?
  private let options: FrameOptions
  private var candidate: FrameStream?
  private var recorder = LegEventRecorder()
  private var start: (offset: UInt64, packet: PacketReference)?
  private var boundaries = 0
  /// A candidate that claims a longer frame is more likely chance: it would hide all others meanwhile.
  private static let maxPayloadLength: UInt64 = 16 << 20

  init(side: Side, deflate: PermessageDeflate?, options: FrameOptions) {
    self.side = side
    self.deflate = deflate
    self.options = options
  }

  struct Found {
    var stream: FrameStream
    var offset: UInt64
    var packet: PacketReference
    var events: [LegEvent]
  }

  /// Takes a segment's bytes that lie at `offset`.
  mutating func receive(
    _ bytes: Span<UInt8>, at offset: UInt64, _ packet: PacketReference
  ) -> Found? {
    if candidate != nil, !extend(bytes, packet) { drop() }
    if candidate == nil {
      candidate = FrameStream(side: side, from: offset, deflate: deflate, options: options)
      start = (offset, packet)
      guard extend(bytes, packet) else {
        drop()
        return nil
      }
    }
    guard isBelievable, let candidate, let start else { return nil }
    defer { drop() }
    return Found(
      stream: candidate, offset: start.offset, packet: start.packet, events: recorder.events)
  }

  /// Bytes are missing: the chain is broken.
  mutating func drop() {
    candidate = nil
    recorder = LegEventRecorder()
    boundaries = 0
  }

  private mutating func extend(_ bytes: Span<UInt8>, _ packet: PacketReference) -> Bool {
    candidate?.receive(bytes, packet, on: LegID(rawValue: 0), &recorder)
    guard let candidate, !candidate.hasFailed, !recorder.hasViolation else { return false }
    if let current = candidate.current {
      guard current.violations.isEmpty, current.header.payloadLength <= Self.maxPayloadLength else {
        return false
      }
    }
    if candidate.isBetweenFrames { boundaries += 1 }
    return true
  }

  private var isBelievable: Bool {
    (boundaries >= 2 && recorder.frames >= 2) || (boundaries >= 1 && recorder.hasProperClose)
  }
}

/// Keeps a candidate's events until it is believed.
private struct LegEventRecorder: LegSink {
  private(set) var events: [LegEvent] = []
  private(set) var frames = 0
  private(set) var hasViolation = false
  private(set) var hasProperClose = false

  mutating func receive(_ event: LegEvent, on leg: LegID) {
    events.append(event)
    switch event {
    case .frame(let frame):
      frames += 1
      hasViolation = hasViolation || !frame.violations.isEmpty
    case .close(_, let body):
      hasProperClose = body.code != nil && body.isComplete && body.violations.isEmpty
    default: break
    }
  }
}
