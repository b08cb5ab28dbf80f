/// What follows a header.
enum Layer: Equatable, Sendable {
  case ip
  case ethernet
  case mpls
  case pppoe

  /// From an EtherType (IEEE 802 numbers); `nil` if what it stands for is not read here.
  init?(etherType: UInt16) {
    switch etherType {
    case 0x0800, 0x86dd: self = .ip
    case 0x8847, 0x8848: self = .mpls
    case 0x8864: self = .pppoe
    default: return nil
    }
  }
}
