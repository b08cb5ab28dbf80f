import Capture
import Streams
import WSDecode

/// Lists frames as they are decoded, a line each; holds nothing but its legs.
package struct FrameList: LegSink, Sendable {
  package enum Format: Sendable { case text, ndjson }

  private let format: Format
  private let files: [CaptureFileName]
  private let write: @Sendable ([UInt8]) -> Void
  private var legs: [LegID: FrameLeg] = [:]
  /// That of the frame that comes next.
  private var payload: [UInt8]?

  /// - Parameters:
  ///   - files: of the capture.
  ///   - write: gets each line.
  package init(
    _ format: Format, files: [CaptureFileName], write: @escaping @Sendable ([UInt8]) -> Void
  ) {
    self.format = format
    self.files = files
    self.write = write
  }

  package mutating func receive(_ event: LegEvent, on leg: LegID) {
    switch event {
    case .opened(let opening):
      legs[leg] = FrameLeg(number: leg.rawValue, connection: opening.connection)
    case .responded(let response): legs[leg]?.isCompressed = response.deflate != nil
    case .payload(_, let bytes): payload = bytes
    case .frame(let frame):
      if frame.header.opcode != .close { list(frame, nil, on: leg) }
      payload = nil
    case .close(let frame, let body): list(frame, body, on: leg)
    case .stream(.closed), .refuted: legs[leg] = nil
    default: break
    }
  }

  private func list(_ frame: Frame, _ close: CloseBody?, on id: LegID) {
    guard let leg = legs[id] else { return }
    let part = Int(frame.last.part)
    let file = files.indices.contains(part) ? files[part] : files[0]
    let line = FrameLine(frame, payload, close, leg: leg, file: file)
    write(format == .text ? line.text : line.json)
  }
}

/// A file of a capture.
package struct CaptureFileName: Sendable {
  package var source: String
  /// What its packets are told with, if there are several files.
  package var name: String?

  package init(source: String, name: String? = nil) {
    self.source = source
    self.name = name
  }
}

/// What is known of a frame's leg.
private struct FrameLeg {
  var number: Int
  var connection: Connection
  /// Whether compression was agreed on (RFC 7692); `nil` if the handshake was not captured.
  var isCompressed: Bool?
}

/// One frame as a line.
private struct FrameLine {
  private let frame: Frame
  private let payload: [UInt8]?
  private let close: CloseBody?
  private let leg: FrameLeg
  private let file: CaptureFileName

  init(_ frame: Frame, _ payload: [UInt8]?, _ close: CloseBody?, leg: FrameLeg, file: CaptureFileName) {
    self.frame = frame
    self.payload = payload
    self.close = close
    self.leg = leg
    self.file = file
  }

  private var time: TimeText { TimeText(fractionDigits: frame.last.time.hasNanoseconds ? 9 : 6) }

  var text: [UInt8] {
    let connection = leg.connection
    let ends =
      frame.side == .client
      ? "\(connection.client) → \(connection.server)" : "\(connection.server) → \(connection.client)"
    var parts = file.name.map { [Escape.terminal($0)] } ?? []
    parts += [
      "\(frame.last.number)", time.text(frame.last.time), "leg \(leg.number)", ends, "\(frame.header.opcode)",
      "\(frame.header.payloadLength)",
    ]
    parts += flags
    if frame.missing > 0 { parts.append("\(frame.missing) not captured") }
    parts += frame.violations.names.map { "!\($0)" }
    if let close { parts.append(Escape.terminal(close.summary)) }
    if let payload { parts.append(Self.shown(payload, frame.header.opcode)) }
    return Array((parts.joined(separator: "  ") + "\n").utf8)
  }

  /// What the header's bits say; nothing of a whole message's plain frame.
  private var flags: [String] {
    let header = frame.header
    var flags: [String] = []
    if header.isMasked { flags.append("masked") }
    if !header.isFinal { flags.append("fragment") }
    for (bit, name) in [(FrameHeader.rsv1, "RSV1"), (0b010, "RSV2"), (0b001, "RSV3")]
    where header.reserved & bit != 0 {
      flags.append(bit == FrameHeader.rsv1 && leg.isCompressed == true ? "compressed" : name)
    }
    return flags
  }

  var json: [UInt8] {
    var writer = JSONWriter(isIndented: false)
    writer.object { writer in
      writer.field("schema", "wsclose.frame/1")
      writer.field("capture", file.source)
      writer.field("leg", UInt64(leg.number))
      writer.field("packet", frame.last.number)
      writer.field("at", frame.last.time, as: time)
      writer.field("client", leg.connection.client)
      writer.field("server", leg.connection.server)
      writer.field("from", frame.side == .client ? "client" : "server")
      writer.field("offset", frame.range.lowerBound)
      writer.field("opcode", frame.header.opcode.description)
      writer.field("fin", frame.header.isFinal)
      writer.field("rsv", UInt64(frame.header.reserved))
      writer.field("masked", frame.header.isMasked)
      writer.field("length", frame.header.payloadLength)
      writer.field("missing", frame.missing)
      writer.array("violations", frame.violations.names) { $0.field(nil, $1) }
      optional("close", close, &writer) { close, writer in
        writer.field("code", close.code.map { UInt64($0.rawValue) })
        writer.field("reason", close.givenReason)
      }
      if let payload {
        let text = Self.text(payload, frame.header.opcode)
        writer.field(text == nil ? "payloadHex" : "payload", text ?? Self.hex(payload))
      }
    }
    writer.endLine()
    return writer.takeBytes()
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
