import Streams

/// The header fields of a message, of whatever HTTP version (RFC 9110 §5).
protocol HeaderFields {
  /// The first field of that name; `name` in lower case.
  func value(_ name: String) -> String?
  /// Whether there is a field of that name; `name` in lower case.
  func contains(_ name: String) -> Bool
  /// The first name that begins so, both in lower case.
  func firstName(withPrefix prefix: String) -> String?
  /// The members of a comma-separated field, over all of its lines (RFC 9110 §5.6.1).
  func list(_ name: String) -> [String]
}

extension HTTPHead: HeaderFields {}
extension HTTPFields: HeaderFields {}
