/// What a frame is (RFC 6455 §5.2, §11.8).
@usableFromInline @frozen package struct Opcode: RawRepresentable, Hashable, Sendable {
  @usableFromInline package let rawValue: UInt8
  @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }

  @inlinable package static var continuation: Opcode { Opcode(rawValue: 0x0) }
  @inlinable package static var text: Opcode { Opcode(rawValue: 0x1) }
  @inlinable package static var binary: Opcode { Opcode(rawValue: 0x2) }
  @inlinable package static var close: Opcode { Opcode(rawValue: 0x8) }
  @inlinable package static var ping: Opcode { Opcode(rawValue: 0x9) }
  @inlinable package static var pong: Opcode { Opcode(rawValue: 0xa) }

  @inlinable package static func == (a: Opcode, b: Opcode) -> Bool { a.rawValue == b.rawValue }

  @inlinable package var isControl: Bool { rawValue & 0x8 != 0 }

  @inlinable package var isDefined: Bool { rawValue <= 0x2 || (0x8...0xa).contains(rawValue) }
}

extension Opcode: CustomStringConvertible {
  @usableFromInline package var description: String {
    switch self {
    case .continuation: "continuation"
    case .text: "text"
    case .binary: "binary"
    case .close: "close"
    case .ping: "ping"
    case .pong: "pong"
    default: "0x" + String(rawValue, radix: 16)
    }
  }
}
