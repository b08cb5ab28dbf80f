/// A large value that most of its kind do not have, kept outside of what holds it. It is changed in place.
struct Indirect<Value> {
  /// Exactly one element.
  private var storage: [Value]

  init(_ value: Value) { storage = [value] }

  var value: Value {
    get { storage[0] }
    _modify { yield &storage[0] }
  }
}
