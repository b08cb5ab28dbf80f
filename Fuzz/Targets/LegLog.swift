import Capture
import Streams
import WSDecode

/// What was told of legs; checks what the analysis relies on.
struct LegLog: LegSink {
  struct Key: Hashable {
    var leg: LegID
    /// `nil` for what is about the leg.
    var side: Side?
  }

  private(set) var events: [Key: [LegEvent]] = [:]
  private(set) var broken: String?
  /// Whether frame boundaries were unknown somewhere: finding them again goes by segments.
  private(set) var hasLosses = false
  private var open: Set<LegID> = []
  private var known: Set<LegID> = []
  private var positions: [Key: UInt64] = [:]
  private let payloadLimit: Int

  init(payloadLimit: Int = 0) { self.payloadLimit = payloadLimit }

  mutating func receive(_ event: LegEvent, on leg: LegID) {
    events[Key(leg: leg, side: event.side), default: []].append(event)
    if case .opened(let opening) = event {
      if !known.insert(leg).inserted { fail("opened twice") }
      if opening.isPickedUp, opening.request != nil { fail("a pickup with a request") }
      open.insert(leg)
    } else if !open.contains(leg) {
      fail("not open: \(event)")
    }
    switch event {
    case .payload(_, let bytes):
      if bytes.count > payloadLimit { fail("more payload than was asked for") }
    case .frame(let frame): check(frame, on: leg)
    case .close(let frame, _): if frame.header.opcode != .close { fail("a Close of another opcode") }
    case .cut(let side, let range, _): advance(Key(leg: leg, side: side), range)
    case .lost, .found, .passed: hasLosses = true
    case .stream(.closed), .refuted: open.remove(leg)
    default: break
    }
  }

  /// All has been told.
  func finish() throws(BrokenInvariant) {
    if let broken { throw BrokenInvariant(broken) }
    try demand(open.isEmpty, "\(open.count) legs are still open")
  }

  private mutating func check(_ frame: Frame, on leg: LegID) {
    let header = frame.header
    let length = UInt64(header.byteCount) + header.payloadLength
    if frame.range.upperBound - frame.range.lowerBound != length { fail("a frame of another length") }
    if frame.missing > header.payloadLength { fail("more is missing than was sent") }
    if frame.last.number < frame.first.number { fail("a frame ends before it begins") }
    advance(Key(leg: leg, side: frame.side), frame.range)
  }

  private mutating func advance(_ key: Key, _ range: Range<UInt64>) {
    let position = positions[key] ?? 0
    if range.lowerBound < position { fail("a frame at \(range) behind \(position)") }
    positions[key] = range.upperBound
  }

  private mutating func fail(_ text: String) {
    if broken == nil { broken = text }
  }
}

extension LegEvent {
  /// Whose stream it is about; `nil` if it is about the leg.
  fileprivate var side: Side? {
    switch self {
    case .frame(let frame), .close(let frame, _): frame.side
    case .cut(let side, _, _), .lost(let side, _, _), .found(let side, _, _), .passed(let side, _),
      .payload(let side, _):
      side
    case .stream(let event): event.side
    case .opened, .responded, .refuted: nil
    }
  }
}
