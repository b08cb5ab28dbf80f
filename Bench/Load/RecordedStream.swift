import Capture
import WSDecode

/// What one end of a recorded connection sent: the head of an HTTP message, and WebSocket frames behind it.
struct RecordedStream {
  /// The sequence number of the first byte.
  let beginning: SequenceNumber
  private(set) var bytes: [UInt8] = []
  /// Where the head ends; 0 if there is none.
  private(set) var headEnd = 0

  /// - Throws: if bytes are missing in between.
  init(_ packets: [RecordedPacket]) throws(SampleError) {
    guard let first = packets.first, first.segment.flags.contains(.syn) else {
      throw SampleError(sample: "a connection", problem: "one of its SYNs is missing")
    }
    beginning = first.segment.sequence + 1
    for packet in packets where !packet.payload.isEmpty {
      let offset = self.offset(of: packet.segment.sequence)
      guard offset <= bytes.count else {
        throw SampleError(sample: "a connection", problem: "bytes of it are missing")
      }
      let known = bytes.count - offset
      if known < packet.payload.count { bytes += packet.payload.dropFirst(known) }
    }
    headEnd = bytes.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound ?? 0
  }

  /// How far a sequence number lies behind the first byte.
  func offset(of sequence: SequenceNumber) -> Int { Int(sequence.distance(from: beginning)) }

  /// Where the value of a field of the head stands.
  ///
  /// - Parameter name: in lower case.
  func field(_ name: String) -> Range<Int>? {
    var start = 0
    while start < headEnd {
      let end = bytes[start..<headEnd].firstIndex(of: UInt8(ascii: "\r")) ?? headEnd
      let line = String(decoding: bytes[start..<end], as: UTF8.self)
      if line.lowercased().hasPrefix(name + ": ") { return start + name.utf8.count + 2..<end }
      start = end + 2
    }
    return nil
  }

  func value(_ name: String) -> String? {
    field(name).map { String(decoding: bytes[$0], as: UTF8.self) }
  }

  /// A WebSocket frame, by its place in the stream.
  struct Frame {
    var header: FrameHeader
    var start: Int

    var payloadStart: Int { start + header.byteCount }
  }

  /// The frames behind the head; the last one may not be complete.
  var frames: [Frame] {
    var frames: [Frame] = []
    var index = headEnd
    // A recording's frames were read by others before: what is none ends the list.
    while let header = try? FrameHeader(parsing: bytes.span, at: index) {
      frames.append(Frame(header: header, start: index))
      index += header.byteCount + Int(clamping: header.payloadLength)
      guard index < bytes.count else { break }
    }
    return frames
  }
}
