import Capture
import Streams
import WSDecode

/// What tells a frame from others: proxies pass it on unchanged, masking key and all.
package struct FrameMark: Hashable, Sendable {
  /// Of the first bytes of the payload; 0 if the capture does not hold them all, or there are none.
  private var sample: UInt64
  package var payloadLength: UInt64
  package var offset: UInt64
  package var packet: PacketReference
  private var headerLength: UInt8
  private var opcode: Opcode
  private var isFinal: Bool
  /// 0 for none.
  private var maskingKey: UInt32

  /// A client's masking key is random (RFC 6455 §5.3): with one, chance gives no second frame like it.
  package var isStrong: Bool { maskingKey != 0 }

  /// Where the next frame begins.
  package var end: UInt64 { offset + UInt64(headerLength) + payloadLength }

  /// Not kept: of the marks of a long stream nearly all are given up for later ones.
  package var digest: UInt64 {
    let kind = UInt64(opcode.rawValue) << 8 | UInt64(isFinal ? 1 : 0)
    let head = ((kind ^ payloadLength).mixed() ^ UInt64(maskingKey)).mixed()
    return (head ^ sample).mixed()
  }

  /// Whether nothing that was captured tells the two frames apart.
  func agrees(with other: FrameMark) -> Bool {
    payloadLength == other.payloadLength && maskingKey == other.maskingKey && opcode == other.opcode
      && isFinal == other.isFinal && (sample == other.sample || !isSampled || !other.isSampled)
  }

  private var isSampled: Bool { sample != 0 || payloadLength == 0 }

  init(_ frame: Frame) {
    sample = frame.sample
    payloadLength = frame.header.payloadLength
    offset = frame.range.lowerBound
    packet = frame.first
    headerLength = UInt8(clamping: frame.header.byteCount)
    opcode = frame.header.opcode
    isFinal = frame.header.isFinal
    maskingKey = frame.header.maskingKey ?? 0
  }
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

  mutating func mapPackets(_ change: (PacketReference) -> PacketReference) {
    for index in first.indices { first[index].packet = change(first[index].packet) }
    for index in last.indices { last[index].packet = change(last[index].packet) }
  }

  mutating func move(by count: UInt64) {
    for index in first.indices { first[index].offset += count }
    for index in last.indices { last[index].offset += count }
  }
}
