/// Where those fields lie in a head that are looked at. Nearly every name comes once: then it needs no memory of its own.
struct HTTPFieldPlaces: Sendable {
  /// A range, in half the room: heads are bounded.
  private struct Place {
    var lowerBound: UInt32 = 0
    var upperBound: UInt32 = 0

    init() {}

    init(_ range: Range<Int>) {
      lowerBound = UInt32(truncatingIfNeeded: range.lowerBound)
      upperBound = UInt32(truncatingIfNeeded: range.upperBound)
    }

    var range: Range<Int> { Int(lowerBound)..<Int(upperBound) }
  }
  private var names = FieldNames()
  /// The first field's of each name, by its `rawValue`: as many as there are names.
  private var first = InlineArray<34, Place>(repeating: Place())
  /// Those of further fields of a name.
  private var others: [(name: FieldName, place: Range<Int>)] = []

  mutating func add(_ name: FieldName, at place: Range<Int>) {
    if !names.contains(name) {
      names.insert(name)
      first[Int(name.rawValue)] = Place(place)
    } else if name != .envoy {
      // Envoy writes several, of which the first tells all.
      others.append((name, place))
    }
  }

  func contains(_ name: FieldName) -> Bool { names.contains(name) }

  /// The first field's of that name.
  subscript(_ name: FieldName) -> Range<Int>? {
    names.contains(name) ? first[Int(name.rawValue)].range : nil
  }

  /// Whether one of the fields of that name is such.
  func contains(_ name: FieldName, where isSuch: (Range<Int>) -> Bool) -> Bool {
    guard let first = self[name] else { return false }
    return isSuch(first) || others.contains { $0.name == name && isSuch($0.place) }
  }

  /// Those of all fields of that name, in order.
  func all(_ name: FieldName) -> [Range<Int>] {
    guard let first = self[name] else { return [] }
    return [first] + others.filter { $0.name == name }.map(\.place)
  }
}
