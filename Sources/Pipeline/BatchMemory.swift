import Synchronization

/// What one thread hands over to another at once. Its arrays are filled again and again: to get and to give back memory for
/// each would cost more than what is done with it.
protocol Batch: Sendable {
  init()
  /// Keeps the memory.
  mutating func removeAll()
}

/// The batches that have been taken, for those that come.
final class BatchMemory<Content: Batch>: Sendable {
  /// A batch on its way.
  final class Parcel: Sendable {
    fileprivate let content = Mutex(Content())
  }
  private let emptied = Mutex<[Parcel]>([])

  /// Packs what a batch holds, and leaves it empty.
  func pack(_ batch: inout Content) -> Parcel {
    let parcel = emptied.withLock { $0.popLast() } ?? Parcel()
    parcel.content.withLock { swap(&$0, &batch) }
    return parcel
  }

  /// Takes what is in a parcel.
  func unpack(_ parcel: Parcel, _ body: (Content) -> Void) {
    parcel.content.withLock { batch in
      body(batch)
      batch.removeAll()
    }
    emptied.withLock { $0.append(parcel) }
  }
}
