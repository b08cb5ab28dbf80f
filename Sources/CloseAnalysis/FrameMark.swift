import Capture
import Streams
import WSDecode

/// What tells a frame from others: proxies pass it on unchanged, masking key and all.
package struct FrameMark: Hashable, Sendable {
  private var frame: WholeFrame
  /// That with its first byte.
  package var packet: PacketReference

  init(_ frame: WholeFrame, in packet: PacketReference) {
    self.frame = frame
    self.packet = packet
  }

  /// Stream offset of the frame's first byte.
  package var offset: UInt64 {
    get { frame.offset }
    set { frame.offset = newValue }
  }

  /// Where the next frame begins.
  package var end: UInt64 { frame.end }
  package var payloadLength: UInt64 { frame.header.payloadLength }

  /// A client's masking key is random (RFC 6455 §5.3): with one, chance gives no second frame like it.
  package var isStrong: Bool { maskingKey != 0 }

  /// 0 for none.
  private var maskingKey: UInt32 { frame.header.maskingKey ?? 0 }

  /// Not kept: of the marks of a long stream nearly all are given up for later ones.
  package var digest: UInt64 {
    let kind = UInt64(frame.header.opcode.rawValue) << 8 | UInt64(frame.header.isFinal ? 1 : 0)
    let head = ((kind ^ payloadLength).mixed() ^ UInt64(maskingKey)).mixed()
    return (head ^ frame.sample).mixed()
  }

  /// Whether nothing that was captured tells the two frames apart.
  func agrees(with other: FrameMark) -> Bool {
    payloadLength == other.payloadLength && maskingKey == other.maskingKey
      && frame.header.opcode == other.frame.header.opcode
      && frame.header.isFinal == other.frame.header.isFinal
      && (frame.sample == other.frame.sample || !isSampled || !other.isSampled)
  }

  private var isSampled: Bool { frame.sample != 0 || payloadLength == 0 }
}

/// The marks of a stream's first and last frames.
package struct FrameMarks: Sendable {
  package private(set) var first: [FrameMark] = []
  private var last: [FrameMark] = []
  private var next = 0
  static let maxKept = 16

  var count: Int { first.count + last.count }

  package var all: [FrameMark] { last.isEmpty ? first : first + last }

  /// Whether another stream has one of the strong marks, too.
  func shareStrong(with other: FrameMarks) -> Bool {
    contains { mark in mark.isStrong && other.contains { $0.isStrong && $0.digest == mark.digest } }
  }

  private func contains(where isWanted: (FrameMark) -> Bool) -> Bool {
    first.contains(where: isWanted) || last.contains(where: isWanted)
  }

  /// Where the first frame begins that came after a packet.
  func firstOffset(after packet: PacketReference) -> UInt64? {
    var least: UInt64?
    for mark in first where packet.precedes(mark.packet) { least = min(least ?? mark.offset, mark.offset) }
    for mark in last where packet.precedes(mark.packet) { least = min(least ?? mark.offset, mark.offset) }
    return least
  }

  mutating func add(_ mark: FrameMark) {
    if first.count < Self.maxKept {
      first.append(mark)
    } else if last.count < Self.maxKept {
      last.append(mark)
    } else {
      last[next] = mark
      next = next + 1 < Self.maxKept ? next + 1 : 0
    }
  }

  /// Adds frames of one packet.
  mutating func add(_ frames: Span<WholeFrame>, in packet: PacketReference) {
    guard last.count == Self.maxKept else {
      for index in frames.indices { add(FrameMark(frames[index], in: packet)) }
      return
    }
    var place = next
    defer { next = place }
    var ring = last.mutableSpan
    for index in frames.indices {
      ring[place] = FrameMark(frames[index], in: packet)
      place = place + 1 < Self.maxKept ? place + 1 : 0
    }
  }

  mutating func mapPackets(_ change: (PacketReference) -> PacketReference) {
    for index in first.indices { first[index].packet = change(first[index].packet) }
    for index in last.indices { last[index].packet = change(last[index].packet) }
  }

  mutating func move(by count: UInt64) {
    for index in first.indices { first[index].offset += count }
    for index in last.indices { last[index].offset += count }
  }
}
