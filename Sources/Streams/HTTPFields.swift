/// The header fields of an HTTP/2 message (RFC 9113 §8), pseudo-header fields among them, in their order.
package struct HTTPFields: Hashable, Sendable {
  package struct Field: Hashable, Sendable {
    /// In lower case.
    package var name: String
    package var value: String
  }
  package private(set) var fields: [Field]

  package init(_ fields: [(name: String, value: String)]) {
    self.fields = fields.map { Field(name: $0.name, value: $0.value) }
  }

  /// The first field of that name.
  package func value(_ name: String) -> String? { fields.first { $0.name == name }?.value }

  package func contains(_ name: String) -> Bool { fields.contains { $0.name == name } }

  /// The first name that begins so.
  package func firstName(withPrefix prefix: String) -> String? {
    fields.first { $0.name.hasPrefix(prefix) }?.name
  }

  /// The members of a comma-separated field, over all of its lines (RFC 9110 §5.6.1).
  package func list(_ name: String) -> [String] {
    fields.lazy.filter { $0.name == name }.flatMap { field in
      field.value.split(separator: ",").map { member in
        let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(member.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
      }
    }
  }
}
