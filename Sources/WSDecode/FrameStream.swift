import Capture
import Streams

/// What may be asked of frame decoding besides the frames.
package struct FrameOptions: Hashable, Sendable {
  /// How many payload bytes of each frame are kept, unmasked and decompressed.
  package var payloadLimit = 0
  package init() {}
}

/// The frames of one direction of a leg: places them in the stream, reads Close bodies, checks them.
struct FrameStream {
  let side: Side
  private let allowsRSV1: Bool
  /// Gives up at the first violation: the bytes are only supposed to be frames.
  private var isStrict: Bool
  private var decoder = FrameDecoder()
  private var payload: PayloadCollector
  /// Where the next byte lies.
  private(set) var offset: UInt64
  /// Where the current frame began.
  private var start: (offset: UInt64, packet: PacketReference)?
  private(set) var current: PartialFrame?
  /// Whether a message is incomplete; `nil` if what came before is not known.
  private var isFragmented: Bool? = false
  /// Of the last Close frame; 0 for one without a code.
  private(set) var closeCode: UInt16?
  private(set) var hasFailed = false
  private var sawData = false

  /// - Parameter offset: the stream offset at which a frame begins.
  init(
    side: Side, from offset: UInt64, deflate: PermessageDeflate?, options: FrameOptions,
    isStrict: Bool = false
  ) {
    self.side = side
    self.isStrict = isStrict
    self.offset = offset
    allowsRSV1 = deflate != nil
    payload = PayloadCollector(side: side, deflate: deflate, limit: options.payloadLimit)
  }

  /// Whether a frame begins at `offset`.
  var isBetweenFrames: Bool { current == nil && decoder.isBetweenFrames }

  /// - Parameter first: the index in `bytes` of the byte that lies at `offset`.
  mutating func receive(
    _ bytes: Span<UInt8>, from first: Int = 0, _ packet: PacketReference, on leg: LegID,
    _ sink: inout some LegSink
  ) {
    var index = first
    while !hasFailed {
      takeWholeFrames(bytes, from: &index, packet, on: leg, &sink)
      let before = index
      do throws(FrameError) {
        let step = try decoder.next(bytes, from: &index)
        advance(by: index - before, packet)
        switch step {
        case .header(let header):
          begin(header, packet)
          if isStrict, current?.violations.isEmpty == false { hasFailed = true }
        case .payload(let range): keep(bytes, range)
        case .end: end(packet, on: leg, &sink)
        case nil: return
        }
      } catch {
        hasFailed = true
        sink.receive(.lost(side, at: start?.offset ?? offset, packet), on: leg)
        start = nil
      }
    }
  }

  /// Takes the frames that lie in `bytes` from beginning to end, as nearly all do. A Close frame is not among them, nor
  /// is anything where payload is asked for.
  private mutating func takeWholeFrames(
    _ bytes: Span<UInt8>, from index: inout Int, _ packet: PacketReference, on leg: LegID,
    _ sink: inout some LegSink
  ) {
    guard start == nil, !isStrict, !payload.isWanted, decoder.isBetweenFrames else { return }
    withTemporaryRoom(for: WholeFrame.self, Self.maxRun) { run in
      while let header = wholeFrameHeader(in: bytes, at: index) {
        if run.isFull {
          sink.receive(run.span, of: side, in: packet, on: leg)
          run.removeAll()
        }
        let end = index + header.byteCount + Int(header.payloadLength)
        let frame = WholeFrame(
          header: header, violations: isPlain(header) ? [] : violations(of: header), offset: offset,
          sample: PayloadSample.digest(of: bytes, index + header.byteCount..<end))
        note(header)
        offset += UInt64(end - index)
        index = end
        run.append(frame)
      }
      if !run.isEmpty { sink.receive(run.span, of: side, in: packet, on: leg) }
    }
  }

  /// So many frames of one packet are told at once.
  private static let maxRun = 16

  /// - Returns: `nil` if the next frame does not lie in `bytes` to its end, or is a Close frame.
  @inline(__always)
  private func wholeFrameHeader(in bytes: Span<UInt8>, at index: Int) -> FrameHeader? {
    guard let header = try? FrameHeader(parsing: bytes, at: index), header.opcode != .close,
      header.payloadLength <= UInt64(bytes.count - index - header.byteCount)
    else { return nil }
    return header
  }

  /// The supposition held: what comes are frames, with violations or without.
  func believed() -> FrameStream {
    var stream = self
    stream.isStrict = false
    return stream
  }

  /// Passes over bytes that are missing.
  ///
  /// - Returns: false if the frame boundaries are lost.
  mutating func skip(
    _ count: UInt64, _ packet: PacketReference, on leg: LegID, _ sink: inout some LegSink
  ) -> Bool {
    guard decoder.skip(count) else { return false }
    offset += count
    current?.missing += count
    if let header = current?.header { payload.lose(in: header) }
    // A frame whose last bytes are missing is complete all the same.
    if decoder.payloadLeft == 0 {
      let last = current.flatMap { $0.header.opcode.isControl ? $0.headerEnd : nil } ?? packet
      receive([UInt8]().span, last, on: leg, &sink)
    }
    return true
  }

  /// The stream was found from a place on; unless data frames followed, a message may have begun before.
  mutating func forgetFragments() {
    if !sawData { isFragmented = nil }
  }

  /// The stream holds no more.
  mutating func finish(on leg: LegID, _ sink: inout some LegSink) {
    guard let start else { return }
    let frame = current?.frame(of: side, last: nil)
    sink.receive(.cut(side, start.offset..<offset, frame), on: leg)
    if let frame, frame.header.opcode == .close {
      sink.receive(.close(frame, payload.closeBody(length: frame.header.payloadLength)), on: leg)
    }
    self.start = nil
    current = nil
    // Whatever comes behind the end of a stream, it is not the rest of the frame.
    hasFailed = true
  }

  private mutating func advance(by count: Int, _ packet: PacketReference) {
    if start == nil, count > 0 { start = (offset, packet) }
    offset += UInt64(count)
  }

  private mutating func begin(_ header: FrameHeader, _ packet: PacketReference) {
    guard let start else { return }
    let (end, overflow) = offset.addingReportingOverflow(header.payloadLength)
    current = PartialFrame(
      header: header, range: start.offset..<(overflow ? .max : end), first: start.packet, headerEnd: packet,
      violations: violations(of: header))
    payload.begin(header, isFirst: isFragmented != true)
  }

  private mutating func keep(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    guard let frame = current else { return }
    let position = offset - UInt64(range.count) - frame.range.lowerBound - UInt64(frame.header.byteCount)
    current?.sample.add(bytes, range, at: position)
    payload.append(bytes, range, of: frame.header, at: position)
  }

  private mutating func end(
    _ packet: PacketReference, on leg: LegID, _ sink: inout some LegSink
  ) {
    guard let frame = current?.frame(of: side, last: packet) else { return }
    if let bytes = payload.end(frame.header) { sink.receive(.payload(side, bytes), on: leg) }
    sink.receive(frame, on: leg)
    if frame.header.opcode == .close {
      let body = payload.closeBody(length: frame.header.payloadLength)
      sink.receive(.close(frame, body), on: leg)
      closeCode = body.code?.rawValue ?? 0
    }
    note(frame.header)
    current = nil
    start = nil
  }

  /// A frame has ended.
  private mutating func note(_ header: FrameHeader) {
    guard !header.opcode.isControl else { return }
    isFragmented = !header.isFinal
    sawData = true
  }

  /// Whether it is a whole data message, in which nothing is wrong, as nearly every frame is.
  @inline(__always)
  private func isPlain(_ header: FrameHeader) -> Bool {
    header.isWholeMessage(isMasked: side == .client, allowsRSV1: allowsRSV1) && isFragmented == false
      && closeCode == nil
  }

  private func violations(of header: FrameHeader) -> FrameViolations {
    let opcode = header.opcode
    var found: FrameViolations = []
    let mayBeCompressed = allowsRSV1 && !opcode.isControl && opcode != .continuation
    let allowed = mayBeCompressed ? FrameHeader.rsv1 : 0
    if header.reserved & ~allowed != 0 { found.insert(.reservedBits) }
    if !opcode.isDefined { found.insert(.reservedOpcode) }
    if header.isMasked != (side == .client) { found.insert(.masking) }
    if opcode.isControl && header.payloadLength > 125 { found.insert(.longControl) }
    if opcode.isControl && !header.isFinal { found.insert(.fragmentedControl) }
    if !header.isMinimal { found.insert(.longLength) }
    if let isFragmented, !opcode.isControl, (opcode == .continuation) != isFragmented {
      found.insert(.fragmentOrder)
    }
    if closeCode != nil { found.insert(.afterClose) }
    return found
  }
}
