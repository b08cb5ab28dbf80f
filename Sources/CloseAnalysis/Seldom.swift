import Streams

/// A value that few of those that hold it ever change: it is kept outside of them, and only from its first change on.
struct Seldom<Value: Blank> {
  /// `nil` as long as nothing has changed it.
  private(set) var kept: Indirect<Value>?

  /// What is to be changed.
  var value: Value {
    get { kept?.value ?? Value() }
    _modify {
      var changed = kept ?? Indirect(Value())
      // Held once, it is changed in place.
      kept = nil
      defer { kept = changed }
      yield &changed.value
    }
  }
}

extension Seldom: Sendable where Value: Sendable {}

/// What can begin as nothing.
protocol Blank {
  init()
}
