import Streams

/// The header fields of a message, of whatever HTTP version (RFC 9110 §5).
protocol HeaderFields {
  /// The first field of that name.
  func value(_ name: FieldName) -> String?
  /// The same; `text` itself if that is what it is: then it needs no memory, and to compare the two is one look.
  func value(_ name: FieldName, likely text: String?) -> String?
  /// Whether there is a field of that name.
  func contains(_ name: FieldName) -> Bool
  /// The first name that begins as those of Envoy, in lower case.
  var envoyName: String? { get }
  /// The members of a comma-separated field, over all of its lines (RFC 9110 §5.6.1).
  func list(_ name: FieldName) -> [String]
}

extension HTTPHead: HeaderFields {}
extension HTTPFields: HeaderFields {
  func value(_ name: FieldName) -> String? { value(name.text) }
  func value(_ name: FieldName, likely text: String?) -> String? { value(name) }
  func contains(_ name: FieldName) -> Bool { contains(name.text) }
  var envoyName: String? { firstName(withPrefix: FieldName.envoy.text) }
  func list(_ name: FieldName) -> [String] { list(name.text) }
}
