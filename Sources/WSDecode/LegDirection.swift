import Capture
import Streams

/// One direction of a leg, whether its frame boundaries are known or not.
///
///     inSync ──(bytes missing over a header)──▶ lost ──(a chain of frames believed)──▶ inSync
struct LegDirection {
  private var side: Side
  private let deflate: PermessageDeflate?
  private let options: FrameOptions
  /// `nil` while the boundaries are lost.
  private var stream: FrameStream?
  /// None until the boundaries are lost: few directions ever need it, and it is large.
  private var finders: [FrameFinder] = []
  /// How far bytes came while the boundaries are lost; 0 if none did.
  private var lostEnd: UInt64 = 0
  private var wasFound: Bool

  /// - Parameters:
  ///   - offset: where the first frame begins; `nil` if that is not known.
  ///   - expected: where it begins unless the connection carries something else.
  ///   - isSideKnown: whether the side can be told by the handshake and not only by the frames' masks.
  init(
    side: Side, from offset: UInt64?, expected: UInt64? = nil, isSideKnown: Bool = true,
    deflate: PermessageDeflate?,
    options: FrameOptions
  ) {
    self.side = side
    self.deflate = deflate
    self.options = options
    wasFound = offset != nil
    if let offset {
      stream = FrameStream(side: side, from: offset, deflate: deflate, options: options)
    } else {
      finders = [
        FrameFinder(
          role: isSideKnown ? side : nil, expected: expected, deflate: deflate, options: options)
      ]
    }
  }

  private(set) var finder: FrameFinder {
    get { finders.first ?? newFinder }
    _modify {
      if finders.isEmpty { finders.append(newFinder) }
      yield &finders[0]
    }
  }

  private var newFinder: FrameFinder { FrameFinder(role: side, deflate: deflate, options: options) }

  /// The same, as the other side's.
  var flipped: LegDirection {
    var other = self
    other.side = side.opposite
    return other
  }

  var isLost: Bool { stream == nil }

  /// Whether the direction speaks against a leg that was picked up.
  var refutesPickUp: Bool { !wasFound && finder.refutesPickUp }

  /// The code of the Close frame that is known of, or suspected.
  var closeCode: UInt16? { stream?.closeCode ?? finders.first?.closeCode }

  /// Takes bytes from index `first` on; they lie at `offset`.
  mutating func receive(
    _ bytes: Span<UInt8>, from first: Int, at offset: UInt64, _ packet: PacketReference,
    on leg: LegID, _ sink: inout some LegSink
  ) {
    if stream != nil {
      stream?.receive(bytes, from: first, packet, on: leg, &sink)
    } else {
      finder.receive(bytes.extracting(first..<bytes.count), at: offset, packet)
      lostEnd = offset + UInt64(bytes.count - first)
    }
  }

  /// Passes over bytes that are missing; if it is not known how many, the boundaries are lost with them.
  mutating func skip(
    _ range: Range<UInt64>, isLengthKnown: Bool, _ packet: PacketReference, on leg: LegID,
    _ sink: inout some LegSink
  ) {
    let count = isLengthKnown ? range.upperBound - range.lowerBound : .max
    guard stream != nil else { return finder.skip(count, packet) }
    guard stream?.skip(count, packet, on: leg, &sink) == false else { return }
    sink.receive(.lost(side, at: range.lowerBound, packet), on: leg)
    stream = nil
  }

  /// Believes what the finder has, if its evidence is enough with `more` bits from elsewhere.
  mutating func believe(
    atLeast bits: Int, adding more: Int, on leg: LegID, _ sink: inout some LegSink
  ) {
    guard stream == nil, finder.evidence + more >= bits, let found = finder.take() else { return }
    sink.receive(.found(side, at: found.offset, found.packet), on: leg)
    for event in found.events { sink.receive(event, on: leg) }
    stream = found.stream
    wasFound = true
  }

  /// Believes what the finder has; what it has nothing of was lost from the beginning. Whose frames these are
  /// is known from here on.
  mutating func confirm(_ packet: PacketReference, on leg: LegID, _ sink: inout some LegSink) {
    believe(atLeast: .min, adding: 0, on: leg, &sink)
    finder.look(for: side)
    if isLost { sink.receive(.lost(side, at: 0, packet), on: leg) }
  }

  mutating func finish(on leg: LegID, _ sink: inout some LegSink) {
    stream?.finish(on: leg, &sink)
    if isLost, lostEnd > 0 { sink.receive(.passed(side, upTo: lostEnd), on: leg) }
  }
}
