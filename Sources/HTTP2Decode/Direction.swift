import Streams

/// What one direction's frames say.
enum DirectionStep {
  /// A frame begins.
  case began(FrameHeader)
  /// Indices of bytes of a stream, padding left out.
  case data(stream: UInt32, Range<Int>)
  /// A DATA frame is complete; `length` with its padding, as flow control counts it (RFC 9113 §6.9.1).
  case dataEnd(stream: UInt32, length: Int, endsStream: Bool)
  /// A header block is complete; no fields if they cannot be known.
  case headers(stream: UInt32, HTTPFields?, endsStream: Bool)
  case reset(stream: UInt32, code: UInt32)
  case settings([(id: UInt16, value: UInt32)])
  case goAway(last: UInt32, code: UInt32)
  case windowUpdate(stream: UInt32, increment: UInt32)
  /// Any other frame is complete.
  case other
}

/// One direction of an HTTP/2 connection: frames, padding, header blocks.
///
///     preface ──▶ frames ──(bytes missing over a header)──▶ lost ──(found by structure)──▶ frames
struct Direction {
  private enum State {
    /// So many bytes of the client's preface (RFC 9113 §3.4) are still to come.
    case preface(left: Int)
    case frames
    case lost
  }
  private var state: State
  private var decoder = FrameDecoder()
  /// Bytes of the stream that are still to come in the current DATA frame.
  private var dataLeft = 0
  private var awaitsPadLength = false
  private var blocks = HeaderBlocks()
  private var block = HeaderBlock()
  /// What came of the current frame's payload, if it is not DATA.
  private var payload: [UInt8] = []
  /// Bytes of it are missing.
  private var isPayloadCut = false
  private(set) var finder = FrameFinder()
  /// How often the boundaries were lost.
  private(set) var losses = 0

  /// - Parameter isLost: where the frames begin is not known.
  init(_ side: Side, isLost: Bool = false) {
    state = side == .client ? .preface(left: Preface.client.count) : .frames
    if isLost {
      state = .lost
      blocks.lose()
    }
  }

  var isLost: Bool {
    if case .lost = state { return true }
    return false
  }

  /// - Returns: `nil` once all bytes are used.
  mutating func next(_ bytes: Span<UInt8>, from index: inout Int) -> DirectionStep? {
    switch state {
    case .lost: return nil
    case .preface(let left):
      let used = min(left, bytes.count - index)
      let begin = Preface.client.count - left
      guard (0..<used).allSatisfy({ bytes[index + $0] == Preface.client[begin + $0] }) else {
        lose()
        return nil
      }
      index += used
      state = used == left ? .frames : .preface(left: left - used)
      guard used == left else { return nil }
    case .frames: break
    }
    while let step = decoder.next(bytes, from: &index) {
      switch step {
      case .header(let header):
        begin(header)
        return .began(header)
      case .payload(let range):
        if let step = take(bytes, range) { return step }
      case .end(let header): return end(header)
      }
    }
    return nil
  }

  // MARK: Missing bytes

  enum Missing {
    /// Inside of a frame that is no DATA, or in its padding.
    case nothing
    case data(stream: UInt32, count: UInt64)
    /// Data of a stream, nobody knows how many: the padding's length is missing.
    case unknownData(stream: UInt32)
  }

  /// Passes over bytes that are missing; `isLost` tells whether a frame's header was among them. If not, the
  /// frame may be complete: `next` tells, also without bytes.
  mutating func skip(_ count: UInt64) -> Missing {
    guard count > 0 else { return .nothing }
    switch state {
    case .lost:
      finder.skip(count)
      return .nothing
    case .preface(let left):
      guard count <= UInt64(left) else {
        lose()
        return .nothing
      }
      state = count == UInt64(left) ? .frames : .preface(left: left - Int(count))
      return .nothing
    case .frames: break
    }
    var missing = Missing.nothing
    if let header = decoder.current, header.type == .data {
      if awaitsPadLength {
        awaitsPadLength = false
        missing = .unknownData(stream: header.streamID)
      } else if dataLeft > 0 {
        let lost = min(UInt64(dataLeft), count)
        dataLeft -= Int(lost)
        missing = .data(stream: header.streamID, count: lost)
      }
    }
    isPayloadCut = true
    if !decoder.skip(count) { lose() }
    return missing
  }

  private mutating func lose() {
    state = .lost
    losses += 1
    decoder = FrameDecoder()
    blocks.lose()
    block = HeaderBlock()
    finder = FrameFinder()
  }

  /// Looks for frames in a segment's bytes.
  ///
  /// - Returns: what is to be taken as frames, once they are found.
  mutating func search(
    _ bytes: Span<UInt8>, _ chunk: StreamChunk, isKnown: (UInt32) -> Bool
  ) -> [FrameFinder.Piece]? {
    finder.receive(bytes, chunk, isKnown: isKnown)
    guard finder.isConvincing else { return nil }
    state = .frames
    return finder.take()
  }

  // MARK: Frames

  private mutating func begin(_ header: FrameHeader) {
    payload.removeAll(keepingCapacity: true)
    isPayloadCut = false
    if block.isInterrupted(by: header) {
      block = HeaderBlock()
      blocks.lose()
    }
    if header.type == .data {
      awaitsPadLength = header.has(FrameHeader.padded) && header.length > 0
      dataLeft = awaitsPadLength ? 0 : header.length
    }
  }

  private mutating func take(_ bytes: Span<UInt8>, _ range: Range<Int>) -> DirectionStep? {
    guard let header = decoder.current else { return nil }
    guard header.type == .data else {
      let room = max(0, Self.keptBytes(of: header.type) - payload.count)
      for index in range.prefix(room) { payload.append(bytes[index]) }
      if range.count > room { isPayloadCut = true }
      return nil
    }
    var first = range.lowerBound
    if awaitsPadLength {
      awaitsPadLength = false
      dataLeft = max(0, header.length - 1 - Int(bytes[first]))
      first += 1
    }
    let used = min(dataLeft, range.upperBound - first)
    guard used > 0 else { return nil }
    dataLeft -= used
    return .data(stream: header.streamID, first..<first + used)
  }

  /// How much of a frame's payload is kept until it is complete: what is read of it.
  private static func keptBytes(of type: FrameType) -> Int {
    switch type {
    case .headers, .pushPromise, .continuation: HeaderBlock.maxBytes
    case .resetStream, .windowUpdate: 4
    case .goAway: 8
    case .settings: maxSettings * 6
    default: 0
    }
  }
  private static let maxSettings = 256

  private mutating func end(_ header: FrameHeader) -> DirectionStep {
    let stream = header.streamID
    switch header.type {
    case .data: return .dataEnd(stream: stream, length: header.length, endsStream: header.endsStream)
    case .headers, .pushPromise, .continuation:
      block.append(payload, of: header, isCut: isPayloadCut)
      guard header.has(FrameHeader.endHeaders) else { return .other }
      return endBlock()
    case .settings where !header.has(FrameHeader.ack): return .settings(settings)
    case .resetStream where payload.count == 4: return .reset(stream: stream, code: number(at: 0))
    case .goAway where payload.count == 8:
      return .goAway(last: number(at: 0) & 0x7fff_ffff, code: number(at: 4))
    case .windowUpdate where payload.count == 4:
      return .windowUpdate(stream: stream, increment: number(at: 0) & 0x7fff_ffff)
    default: return .other
    }
  }

  private mutating func endBlock() -> DirectionStep {
    defer { block = HeaderBlock() }
    if block.isCut { blocks.lose() }
    let fields = blocks.decode(block.bytes)
    guard let stream = block.stream, !block.isPromise else { return .other }
    return .headers(stream: stream, fields, endsStream: block.endsStream)
  }

  /// RFC 9113 §6.5.1.
  private var settings: [(id: UInt16, value: UInt32)] {
    stride(from: 0, to: payload.count - 5, by: 6).map {
      (id: UInt16(payload[$0]) << 8 | UInt16(payload[$0 + 1]), value: number(at: $0 + 2))
    }
  }

  private func number(at index: Int) -> UInt32 {
    payload[index..<index + 4].reduce(0) { $0 << 8 | UInt32($1) }
  }
}
