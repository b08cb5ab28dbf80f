/// An interface of a pcapng section (draft-ietf-opsawg-pcapng §4.2).
struct PcapngInterface {
  let datalink: Int32
  let linkType: LinkType?
  /// The longest captured packet; `nil` without limit.
  let snapLength: UInt32?
  /// `if_name`, such as `eth0`.
  let name: String?
  private let resolution: Resolution
  /// Seconds to be added to each time stamp.
  private let offset: Int64

  /// `if_tsresol`: how long a tick is.
  private enum Resolution {
    case nanoseconds(perTick: UInt64)
    case ticksPerNanosecond(UInt64)
    /// 2 to the power of this many ticks make a second.
    case binary(UInt64)
  }

  private static let nameOption: UInt16 = 2
  private static let resolutionOption: UInt16 = 9
  private static let offsetOption: UInt16 = 14
  private static let maxNameLength = 64

  /// - Parameter body: the Interface Description Block without type and lengths, at least 8 bytes.
  init(body: Span<UInt8>, order: ByteOrder) {
    datalink = Int32(order.uint16(body, at: 0))
    linkType = LinkType(datalink: datalink)
    let snapLength = order.uint32(body, at: 4)
    self.snapLength = snapLength == 0 ? nil : snapLength
    var name: String?
    var resolution = Resolution.nanoseconds(perTick: 1000)
    var offset: Int64 = 0
    var options = PcapngOptions(at: 8)
    while let (code, range) = options.next(in: body, order: order) {
      switch code {
      case Self.nameOption:
        var text: [UInt8] = []
        for index in range.prefix(Self.maxNameLength) where body[index] != 0 { text.append(body[index]) }
        name = String(decoding: text, as: UTF8.self)
      case Self.resolutionOption where range.count == 1: resolution = Self.resolution(body[range.lowerBound])
      case Self.offsetOption where range.count == 8:
        offset = Int64(bitPattern: order.uint64(body, at: range.lowerBound))
      default: break
      }
    }
    self.name = name?.isEmpty == true ? nil : name
    self.resolution = resolution
    self.offset = offset
  }

  private static func resolution(_ value: UInt8) -> Resolution {
    let exponent = UInt64(value & 0x7f)
    if value & 0x80 != 0 { return .binary(exponent) }
    func power(_ exponent: UInt64) -> UInt64 { (0..<min(exponent, 19)).reduce(1) { power, _ in power * 10 } }
    return exponent <= 9
      ? .nanoseconds(perTick: power(9 - exponent)) : .ticksPerNanosecond(power(exponent - 9))
  }

  func time(ticks: UInt64) -> Timestamp {
    let seconds: UInt64
    let nanoseconds: UInt64
    switch resolution {
    case .nanoseconds(let perTick):
      let ticksPerSecond = 1_000_000_000 / perTick
      (seconds, nanoseconds) = (ticks / ticksPerSecond, ticks % ticksPerSecond * perTick)
    case .ticksPerNanosecond(let count):
      let all = ticks / count
      (seconds, nanoseconds) = (all / 1_000_000_000, all % 1_000_000_000)
    case .binary(let exponent) where exponent < 64:
      let part = exponent == 0 ? 0 : ticks << (64 - exponent)
      (seconds, nanoseconds) = (ticks >> exponent, part.multipliedFullWidth(by: 1_000_000_000).high)
    case .binary: (seconds, nanoseconds) = (0, 0)
    }
    let (sum, overflow) = Int64(clamping: seconds).addingReportingOverflow(offset)
    return Timestamp(
      seconds: overflow ? (offset < 0 ? .min : .max) : sum, nanoseconds: Int64(nanoseconds))
  }
}

/// The options at the end of a pcapng block (draft-ietf-opsawg-pcapng §3.5).
struct PcapngOptions {
  private var offset: Int

  /// - Parameter offset: where they begin in the block's body.
  init(at offset: Int) { self.offset = offset }

  /// The next option's code, and where in the body its value lies; `nil` behind the last.
  mutating func next(
    in body: Span<UInt8>, order: ByteOrder
  ) -> (code: UInt16, range: Range<Int>)? {
    guard body.count - offset >= 4 else { return nil }
    let code = order.uint16(body, at: offset)
    let length = Int(order.uint16(body, at: offset + 2))
    let start = offset + 4
    guard code != 0, length <= body.count - start else { return nil }
    offset = start + (length + 3) / 4 * 4
    return (code, start..<start + length)
  }
}
