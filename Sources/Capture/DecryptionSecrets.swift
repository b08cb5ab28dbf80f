/// Finds the Decryption Secrets Blocks of a pcapng capture among its bytes as they are read: libpcap passes
/// them over (IETF draft-ietf-opsawg-pcapng, section 4.7).
struct DecryptionSecrets {
  private enum State {
    /// The first four bytes of the file tell whether it is pcapng.
    case beginning
    /// Type and length of a block, and of a Section Header Block its byte order too.
    case header
    case skip(left: UInt64)
    case secrets(left: UInt64)
    case other
  }
  private var state = State.beginning
  private var buffer: [UInt8] = []
  private var isLittleEndian = true
  /// TLS key logs that were found and not taken yet.
  private var found: [[UInt8]] = []
  /// Blocks whose lengths contradict each other, or that are too long.
  private(set) var broken: UInt64 = 0

  private static let sectionHeader: [UInt8] = [0x0a, 0x0d, 0x0d, 0x0a]
  private static let blockType: UInt32 = 0x0000_000a
  private static let tlsKeyLog: UInt32 = 0x544c_534b
  private static let maxLength: UInt64 = 64 << 20
  /// Type, length, and of a section header the byte-order magic.
  private static let headerLength = 12

  var isEmpty: Bool { found.isEmpty }

  mutating func take() -> [[UInt8]] {
    defer { found = [] }
    return found
  }

  mutating func read(_ bytes: Span<UInt8>) {
    var index = 0
    while index < bytes.count {
      switch state {
      case .other: return
      case .beginning:
        fill(4, bytes, &index)
        guard buffer.count == 4 else { return }
        state = buffer == Self.sectionHeader ? .header : .other
      case .header:
        fill(Self.headerLength, bytes, &index)
        guard buffer.count == Self.headerLength else { return }
        beginBlock()
      case .skip(let left):
        let count = min(left, UInt64(bytes.count - index))
        index += Int(count)
        state = count == left ? .header : .skip(left: left - count)
      case .secrets(let left):
        let count = Int(min(left, UInt64(bytes.count - index)))
        for place in index..<index + count { buffer.append(bytes[place]) }
        index += count
        state = .secrets(left: left - UInt64(count))
        if UInt64(count) == left { endSecrets() }
      }
    }
  }

  private mutating func fill(_ count: Int, _ bytes: Span<UInt8>, _ index: inout Int) {
    while buffer.count < count, index < bytes.count {
      buffer.append(bytes[index])
      index += 1
    }
  }

  private mutating func beginBlock() {
    if buffer.starts(with: Self.sectionHeader) { isLittleEndian = buffer[8] == 0x4d }
    let length = UInt64(number(at: 4))
    let isSecrets = number(at: 0) == Self.blockType
    guard length >= UInt64(Self.headerLength), length.isMultiple(of: 4) else { return state = .other }
    let left = length - UInt64(Self.headerLength)
    if isSecrets, left <= Self.maxLength, left > 0 {
      state = .secrets(left: left)
      return
    }
    if isSecrets { broken += 1 }
    buffer = []
    state = left == 0 ? .header : .skip(left: left)
  }

  /// The block is in the buffer: type, length, type of the secrets, their length, the secrets.
  private mutating func endSecrets() {
    defer {
      buffer = []
      state = .header
    }
    let start = 16
    guard buffer.count >= start + 4 else { return broken += 1 }
    let length = Int(number(at: 12))
    guard length <= buffer.count - start - 4 else { return broken += 1 }
    if number(at: 8) == Self.tlsKeyLog { found.append(Array(buffer[start..<start + length])) }
  }

  private func number(at offset: Int) -> UInt32 {
    let big = buffer[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return isLittleEndian ? big.byteSwapped : big
  }
}
