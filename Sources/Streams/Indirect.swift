/// A large value that is kept outside of what holds it: passing the holder on costs one reference. It is changed in place,
/// and copied when another holder has it, too.
@usableFromInline package struct Indirect<Value> {
  /// Exactly one element.
  @usableFromInline package var storage: [Value]

  @inlinable package init(_ value: Value) { storage = [value] }

  @inlinable package var value: Value {
    // A span lends its element; an array would hand out a copy of it.
    _read { yield storage.span[0] }
    _modify { yield &storage[0] }
  }
}

extension Indirect: Sendable where Value: Sendable {}
extension Indirect: Equatable where Value: Equatable {}
extension Indirect: Hashable where Value: Hashable {}
