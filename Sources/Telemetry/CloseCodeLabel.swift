import WSDecode

/// A close code as the value of a label: whoever sends Close frames must not be able to make as many time series as
/// there are codes.
enum CloseCodeLabel {
  /// The registered codes one by one, the others by their ranges (RFC 6455 §7.4.2).
  static let all =
    (1000...1015).map(String.init) + ["1016-2999", "3000-3999", "4000-4999", "not-defined", "none"]

  /// - Parameter code: `nil` for a Close frame without one.
  static func label(_ code: CloseCode?) -> String {
    switch code?.rawValue {
    case nil: "none"
    case .some(let value) where (1000...1015).contains(value): String(value)
    case .some(1016...2999): "1016-2999"
    case .some(3000...3999): "3000-3999"
    case .some(4000...4999): "4000-4999"
    case .some: "not-defined"
    }
  }
}
