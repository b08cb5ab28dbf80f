import Dispatch
import Synchronization

extension Range<Int> {
  /// Divides it.
  ///
  /// - Parameter length: of each part; the last one may be shorter.
  package func parts(of length: Int) -> [Range<Int>] {
    stride(from: lowerBound, to: upperBound, by: length).map { $0..<Swift.min($0 + length, upperBound) }
  }

  /// Works on parts of it on all cores at once. What is small is worked on here.
  ///
  /// - Returns: the results in the order of the parts.
  package func mapParts<Result: Sendable>(
    of length: Int, _ transform: @Sendable (Range<Int>) -> Result
  ) -> [Result] {
    if count <= length { return isEmpty ? [] : [transform(self)] }
    let parts = parts(of: length)
    let results = Mutex([Result?](repeating: nil, count: parts.count))
    DispatchQueue.concurrentPerform(iterations: parts.count) { index in
      let result = transform(parts[index])
      results.withLock { $0[index] = result }
    }
    return results.withLock { $0.compactMap(\.self) }
  }
}
