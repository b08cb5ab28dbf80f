/// The observations of a leg: at least one, and nearly always just that. It needs no array.
@usableFromInline package struct LegObservations: RandomAccessCollection, Sendable {
  package let first: LegObservation
  @usableFromInline var others: [LegObservation] = []

  init(_ only: LegObservation) { first = only }

  @inlinable package var startIndex: Int { 0 }
  @inlinable package var endIndex: Int { 1 + others.count }
  @inlinable package var indices: Range<Int> { 0..<endIndex }

  @usableFromInline package subscript(index: Int) -> LegObservation {
    index == 0 ? first : others[index - 1]
  }

  static func += (observations: inout LegObservations, more: LegObservations) {
    observations.others.append(contentsOf: more)
  }
}
