/// What a frame is (RFC 6455 §5.2, §11.8).
package struct Opcode: RawRepresentable, Hashable, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let continuation = Opcode(rawValue: 0x0)
  package static let text = Opcode(rawValue: 0x1)
  package static let binary = Opcode(rawValue: 0x2)
  package static let close = Opcode(rawValue: 0x8)
  package static let ping = Opcode(rawValue: 0x9)
  package static let pong = Opcode(rawValue: 0xa)

  package var isControl: Bool { rawValue & 0x8 != 0 }

  package var isDefined: Bool { rawValue <= 0x2 || (0x8...0xa).contains(rawValue) }
}

extension Opcode: CustomStringConvertible {
  package var description: String {
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
