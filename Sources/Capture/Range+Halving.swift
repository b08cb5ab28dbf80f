extension Range<Int> {
  /// The first index that belongs to the second part of what is partitioned, by halving; `upperBound` if none does.
  ///
  /// - Parameter isInSecondPart: false for all of the first part, which comes first, and true for all of the second.
  @inlinable package func partitionPoint(_ isInSecondPart: (Int) -> Bool) -> Int {
    var (low, high) = (lowerBound, upperBound)
    while low < high {
      let middle = low + (high - low) / 2
      if isInSecondPart(middle) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
