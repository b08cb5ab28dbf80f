import Capture
import Streams
import WSDecode

/// Lists frames as they are decoded, a line each; holds nothing but its legs and one piece of output.
package struct FrameList: LegSink {
  package enum Format: Sendable { case text, ndjson }

  private let format: Format
  private let source: String
  private let write: ([UInt8]) -> Void
  private var legs: [LegID: (number: Int, opening: LegOpening)] = [:]
  private var buffer: [UInt8] = []
  private static let pieceSize = 64 << 10

  /// - Parameter write: gets the output, in pieces.
  package init(_ format: Format, source: String, write: @escaping ([UInt8]) -> Void) {
    self.format = format
    self.source = source
    self.write = write
  }

  package mutating func receive(_ event: LegEvent, on leg: LegID) {
    switch event {
    case .opened(let opening): legs[leg] = (leg.rawValue, opening)
    case .frame(let frame) where frame.header.opcode != .close: list(frame, nil, on: leg)
    case .close(let frame, let body): list(frame, body, on: leg)
    case .stream(.closed), .refuted: legs[leg] = nil
    default: break
    }
  }

  /// Writes out what is left.
  package mutating func finish() {
    if !buffer.isEmpty { write(buffer) }
    buffer = []
  }

  private mutating func list(_ frame: Frame, _ close: CloseBody?, on leg: LegID) {
    guard let (number, opening) = legs[leg] else { return }
    let line = FrameLine(frame, close, number: number, connection: opening.connection, source: source)
    buffer += format == .text ? line.text : line.json
    if buffer.count >= Self.pieceSize { finish() }
  }
}

/// One frame as a line.
private struct FrameLine {
  private let frame: Frame
  private let close: CloseBody?
  private let number: Int
  private let connection: Connection
  private let source: String

  init(_ frame: Frame, _ close: CloseBody?, number: Int, connection: Connection, source: String) {
    self.frame = frame
    self.close = close
    self.number = number
    self.connection = connection
    self.source = source
  }

  private var time: TimeText { TimeText(fractionDigits: frame.last.time.nanoseconds % 1000 == 0 ? 6 : 9) }

  var text: [UInt8] {
    let ends =
      frame.side == .client
      ? "\(connection.client) → \(connection.server)" : "\(connection.server) → \(connection.client)"
    var parts = [
      "\(frame.last.number)", time.text(frame.last.time), ends, "\(frame.header.opcode)",
      "\(frame.header.payloadLength)",
    ]
    if !frame.header.isFinal { parts.append("fragment") }
    if frame.header.reserved != 0 { parts.append("rsv=\(frame.header.reserved)") }
    if frame.missing > 0 { parts.append("\(frame.missing) not captured") }
    parts += frame.violations.names.map { "!\($0)" }
    if let close { parts.append(Escape.terminal(close.summary)) }
    if let payload = frame.payload, close == nil { parts.append(Self.shown(payload, frame.header.opcode)) }
    return Array((parts.joined(separator: "  ") + "\n").utf8)
  }

  var json: [UInt8] {
    var writer = JSONWriter(isIndented: false)
    writer.object { writer in
      writer.field("schema", "wsclose.frame/1")
      writer.field("capture", source)
      writer.field("leg", UInt64(number))
      writer.field("packet", frame.last.number)
      writer.field("at", time.text(frame.last.time))
      writer.field("client", connection.client.description)
      writer.field("server", connection.server.description)
      writer.field("from", frame.side == .client ? "client" : "server")
      writer.field("offset", frame.range.lowerBound)
      writer.field("opcode", frame.header.opcode.description)
      writer.field("fin", frame.header.isFinal)
      writer.field("rsv", UInt64(frame.header.reserved))
      writer.field("masked", frame.header.maskingKey != nil)
      writer.field("length", frame.header.payloadLength)
      writer.field("missing", frame.missing)
      writer.array("violations", frame.violations.names) { $0.field(nil, $1) }
      optional("close", close, &writer) { close, writer in
        writer.field("code", close.code.map { UInt64($0.rawValue) })
        writer.field("reason", close.reason)
      }
      if let payload = frame.payload, close == nil {
        let text = Self.text(payload, frame.header.opcode)
        writer.field(text == nil ? "payloadHex" : "payload", text ?? Self.hex(payload))
      }
    }
    writer.endLine()
    return writer.bytes
  }

  private static func shown(_ payload: [UInt8], _ opcode: Opcode) -> String {
    text(payload, opcode).map { Escape.terminal($0) } ?? hex(payload)
  }

  /// `nil` for what is not text: a continuation or a Ping may be either.
  private static func text(_ payload: [UInt8], _ opcode: Opcode) -> String? {
    switch opcode {
    case .binary: nil
    case .text: String(decoding: payload, as: UTF8.self)
    default: String(validating: payload, as: UTF8.self)
    }
  }

  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()
  }
}

extension FrameViolations {
  /// Names for people and programs.
  package var names: [String] {
    let all: [(FrameViolations, String)] = [
      (.reservedBits, "reserved-bits"), (.reservedOpcode, "reserved-opcode"), (.masking, "masking"),
      (.longControl, "long-control"), (.fragmentedControl, "fragmented-control"),
      (.longLength, "long-length"), (.fragmentOrder, "fragment-order"), (.afterClose, "after-close"),
    ]
    return all.filter { contains($0.0) }.map(\.1)
  }
}
