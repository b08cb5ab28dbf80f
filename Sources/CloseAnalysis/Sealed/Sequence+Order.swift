extension Sequence where Element: Comparable {
  /// Each element once, in rising order.
  func sortedOnce() -> [Element] {
    var elements: [Element] = []
    for element in sorted() where element != elements.last { elements.append(element) }
    return elements
  }
}
