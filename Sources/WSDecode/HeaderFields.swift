import Streams

/// The header fields of a message, of whatever HTTP version (RFC 9110 §5).
protocol HeaderFields {
  /// The names of the fields in lower case, in their order.
  var names: [String] { get }
  /// The first field of that name; `name` in lower case.
  func value(_ name: String) -> String?
  /// The members of a comma-separated field, over all of its lines (RFC 9110 §5.6.1).
  func list(_ name: String) -> [String]
}

extension HTTPHead: HeaderFields {}
extension HTTPFields: HeaderFields {}
