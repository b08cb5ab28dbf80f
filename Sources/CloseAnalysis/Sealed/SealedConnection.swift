import Streams

/// The records of a TLS connection that stays closed. Such legs are compared with many others: each time no more than one
/// reference is passed on.
package struct SealedConnection: Sendable {
  private struct Sides {
    var client = SealedRecords()
    var server = SealedRecords()
  }
  private var sides = Indirect(Sides())

  /// What the client sent.
  package var client: SealedRecords {
    _read { yield sides.value.client }
    _modify { yield &sides.value.client }
  }

  /// What the server sent.
  package var server: SealedRecords {
    _read { yield sides.value.server }
    _modify { yield &sides.value.server }
  }
}
