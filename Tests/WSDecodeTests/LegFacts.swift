import Capture
import Streams
import TestSupport
import WSDecode

/// A frame without the packets that carried it: what may not depend on how its stream was cut.
struct FrameFacts: Hashable, Sendable {
  var side: Side
  var opcode: Opcode
  var isFinal = true
  var range: Range<UInt64>
  var missing: UInt64 = 0
  var violations: FrameViolations = []
  var payload: [UInt8]? = nil
}

extension FrameFacts {
  init(_ frame: Frame, payload: [UInt8]?) {
    self.init(
      side: frame.side, opcode: frame.header.opcode, isFinal: frame.header.isFinal, range: frame.range,
      missing: frame.missing, violations: frame.violations, payload: payload)
  }
}

/// A stream that ended inside a frame.
struct CutFacts: Hashable, Sendable {
  var side: Side
  var range: Range<UInt64>
  /// `nil` if the header was cut.
  var opcode: Opcode?
}

/// Where one side's frame boundaries were lost or found.
struct Place: Hashable, Sendable {
  var side: Side
  var offset: UInt64
}

extension LegRecorder {
  var facts: [FrameFacts] { zip(frames, payloads).map { FrameFacts($0, payload: $1) } }

  func facts(of side: Side) -> [FrameFacts] { facts.filter { $0.side == side } }

  var openings: [LegOpening] {
    events.compactMap { if case .opened(let opening) = $0 { opening } else { nil } }
  }

  var responses: [UpgradeResponse] {
    events.compactMap { if case .responded(let response) = $0 { response } else { nil } }
  }

  var closeFrames: [Frame] {
    events.compactMap { if case .close(let frame, _) = $0 { frame } else { nil } }
  }

  var cuts: [CutFacts] {
    events.compactMap {
      guard case .cut(let side, let range, let frame) = $0 else { return nil }
      return CutFacts(side: side, range: range, opcode: frame?.header.opcode)
    }
  }

  var losses: [Place] {
    events.compactMap {
      if case .lost(let side, let offset, _) = $0 { Place(side: side, offset: offset) } else { nil }
    }
  }

  var finds: [Place] {
    events.compactMap {
      if case .found(let side, let offset, _) = $0 { Place(side: side, offset: offset) } else { nil }
    }
  }

  /// The sequence numbers at which the streams began, as the legs were told.
  var beginnings: [Side: [UInt32]] {
    var told: [Side: [UInt32]] = [:]
    for case .stream(.began(let side, let sequence)) in events {
      told[side, default: []].append(sequence.rawValue)
    }
    return told
  }

  /// Where each side's FIN lies.
  var fins: Set<Place> {
    Set(
      events.compactMap {
        guard case .stream(.ended(let side, .fin, let offset, _)) = $0 else { return nil }
        return Place(side: side, offset: offset)
      })
  }
}

/// The bytes that one side sends, piece by piece, and where each piece lies in its stream.
struct Script {
  private(set) var bytes: [UInt8] = []
  private(set) var ranges: [Range<UInt64>] = []

  init(after count: Int, _ pieces: [[UInt8]]) {
    for piece in pieces {
      let start = UInt64(count + bytes.count)
      ranges.append(start..<start + UInt64(piece.count))
      bytes += piece
    }
  }
}

extension WebSocketBytes {
  /// A frame as a side sends it: masked or not.
  static func frame(_ opcode: Opcode, _ payload: [UInt8], from side: Side, isFinal: Bool = true) -> [UInt8] {
    frame(opcode, payload, isFinal: isFinal, mask: side == .client ? 0x9abc_def0 : nil)
  }

  /// A response without a body that refuses an upgrade.
  static let refusal = lines(["HTTP/1.1 403 Forbidden", "Content-Length: 0"])
  static let ordinaryRequest = lines(["GET /page HTTP/1.1", "Host: example.com"])
  static let ordinaryResponse = lines(["HTTP/1.1 200 OK", "Content-Length: 5"]) + Array("hello".utf8)
}

extension SeededGenerator {
  mutating func bytes(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 7)
    while bytes.count < count {
      let word = next()
      for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: word >> (8 * UInt64(shift)))) }
    }
    return Array(bytes.prefix(count))
  }
}

extension UInt64 {
  /// Where a plain upgrade's frames begin in each direction.
  static let afterRequest = UInt64(WebSocketBytes.request().count)
  static let afterResponse = UInt64(WebSocketBytes.response().count)
}
