/// Finds what libpcap passes over in a pcapng capture, among its bytes as they are read: Decryption Secrets
/// Blocks and Interface Statistics Blocks (IETF draft-ietf-opsawg-pcapng, sections 4.6 and 4.7).
struct PcapngBlocks {
  private enum Kind { case secrets, statistics }
  private enum State {
    /// The first four bytes of the file tell whether it is pcapng.
    case beginning
    /// Type and length of a block, and of a Section Header Block its byte order too.
    case header
    case skip(left: UInt64)
    case content(Kind, left: UInt64)
    case other
  }
  private var state = State.beginning
  private var buffer: [UInt8] = []
  private var isLittleEndian = true
  /// TLS key logs that were found and not taken yet.
  private var found: [[UInt8]] = []
  /// Blocks whose lengths contradict each other, or that are too long.
  private(set) var broken: UInt64 = 0
  /// Packets that were dropped, by interface of the section: a later block counts from the beginning, too.
  private var drops: [UInt32: UInt64] = [:]
  private var dropsBefore: UInt64?

  private static let sectionHeader: [UInt8] = [0x0a, 0x0d, 0x0d, 0x0a]
  private static let statisticsBlock: UInt32 = 0x0000_0005
  private static let secretsBlock: UInt32 = 0x0000_000a
  private static let tlsKeyLog: UInt32 = 0x544c_534b
  private static let maxLength: UInt64 = 64 << 20
  private static let maxStatisticsLength: UInt64 = 64 << 10
  private static let maxInterfaces = 1024
  /// Type, length, and of a section header the byte-order magic.
  private static let headerLength = 12

  var isEmpty: Bool { found.isEmpty }

  /// Packets that interfaces or the system dropped, as far as the blocks so far tell; `nil` if none does.
  var dropped: UInt64? {
    drops.isEmpty ? dropsBefore : drops.values.reduce(dropsBefore ?? 0) { Self.sum($0, $1) }
  }

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
      case .content(let kind, let left):
        let count = Int(min(left, UInt64(bytes.count - index)))
        for place in index..<index + count { buffer.append(bytes[place]) }
        index += count
        state = .content(kind, left: left - UInt64(count))
        if UInt64(count) == left { end(kind) }
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
    if buffer.starts(with: Self.sectionHeader) {
      isLittleEndian = buffer[8] == 0x4d
      // Interfaces are counted anew.
      dropsBefore = dropped
      drops = [:]
    }
    let length = UInt64(number(at: 4))
    let isSecrets = number(at: 0) == Self.secretsBlock
    guard length >= UInt64(Self.headerLength), length.isMultiple(of: 4) else { return state = .other }
    let left = length - UInt64(Self.headerLength)
    if isSecrets, left <= Self.maxLength, left > 0 {
      state = .content(.secrets, left: left)
      return
    }
    if number(at: 0) == Self.statisticsBlock, left <= Self.maxStatisticsLength, left > 0 {
      state = .content(.statistics, left: left)
      return
    }
    if isSecrets { broken += 1 }
    buffer = []
    state = left == 0 ? .header : .skip(left: left)
  }

  /// The block is in the buffer.
  private mutating func end(_ kind: Kind) {
    switch kind {
    case .secrets: endSecrets()
    case .statistics: endStatistics()
    }
    buffer = []
    state = .header
  }

  /// Type, length, interface, time in 8 bytes, options, length.
  private mutating func endStatistics() {
    guard buffer.count >= 24 else { return }
    let interface = number(at: 8)
    guard drops[interface] != nil || drops.count < Self.maxInterfaces else { return }
    let end = buffer.count - 4
    var offset = 20
    var count: UInt64?
    while end - offset >= 4 {
      let first = number(at: offset)
      let (code, length) =
        isLittleEndian ? (first & 0xffff, Int(first >> 16)) : (first >> 16, Int(first & 0xffff))
      guard code != 0, length <= end - offset - 4 else { break }
      // isb_ifdrop: by the interface; isb_osdrop: by the operating system.
      if code == 5 || code == 7, length == 8 { count = Self.sum(count ?? 0, longNumber(at: offset + 4)) }
      offset += 4 + (length + 3) / 4 * 4
    }
    if let count { drops[interface] = count }
  }

  /// Type, length, type of the secrets, their length, the secrets.
  private mutating func endSecrets() {
    let start = 16
    guard buffer.count >= start + 4 else { return broken += 1 }
    let length = Int(number(at: 12))
    guard length <= buffer.count - start - 4 else { return broken += 1 }
    if number(at: 8) == Self.tlsKeyLog { found.append(Array(buffer[start..<start + length])) }
  }

  private func longNumber(at offset: Int) -> UInt64 {
    let (first, second) = (UInt64(number(at: offset)), UInt64(number(at: offset + 4)))
    return isLittleEndian ? second << 32 | first : first << 32 | second
  }

  private static func sum(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let (sum, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : sum
  }

  private func number(at offset: Int) -> UInt32 {
    let big = buffer[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    return isLittleEndian ? big.byteSwapped : big
  }
}
