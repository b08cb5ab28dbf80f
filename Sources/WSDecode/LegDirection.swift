import Capture
import TCPReassembly

/// One direction of a leg, whether its frame boundaries are known or not.
///
///     inSync ──(bytes missing over a header)──▶ lost ──(a chain of frames found)──▶ inSync
struct LegDirection {
  private let side: Side
  private let deflate: PermessageDeflate?
  private let options: FrameOptions
  /// `nil` while the boundaries are lost.
  private var stream: FrameStream?
  private var finder: FrameFinder

  /// - Parameter offset: where the first frame begins; `nil` if that is not known.
  init(side: Side, from offset: UInt64?, deflate: PermessageDeflate?, options: FrameOptions) {
    self.side = side
    self.deflate = deflate
    self.options = options
    finder = FrameFinder(side: side, deflate: deflate, options: options)
    stream = offset.map { FrameStream(side: side, from: $0, deflate: deflate, options: options) }
  }

  /// Takes bytes from index `first` on; they lie at `offset`.
  mutating func receive(
    _ bytes: Span<UInt8>, from first: Int, at offset: UInt64, _ packet: PacketReference,
    on leg: LegID, _ sink: inout some LegSink
  ) {
    guard stream == nil else {
      stream?.receive(bytes, from: first, packet, on: leg, &sink)
      return
    }
    guard let found = finder.receive(bytes.extracting(first..<bytes.count), at: offset, packet) else {
      return
    }
    sink.receive(.found(side, at: found.offset, found.packet), on: leg)
    for event in found.events { sink.receive(event, on: leg) }
    stream = found.stream
  }

  /// Passes over bytes that are missing.
  mutating func skip(
    _ range: Range<UInt64>, _ packet: PacketReference, on leg: LegID, _ sink: inout some LegSink
  ) {
    finder.drop()
    let count = range.upperBound - range.lowerBound
    guard stream?.skip(count, packet, on: leg, &sink) == false else { return }
    sink.receive(.lost(side, at: range.lowerBound, packet), on: leg)
    stream = nil
  }

  mutating func finish(on leg: LegID, _ sink: inout some LegSink) {
    stream?.finish(on: leg, &sink)
  }
}
