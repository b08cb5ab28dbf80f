/// Lends room for a few values on the stack, for what is handed on at once: no memory has to be got for it.
///
/// - Parameters:
///   - capacity: how many values there is room for.
///   - body: fills it. What it leaves there is gone when it returns.
@inlinable @inline(__always)
package func withTemporaryRoom<Value>(
  for type: Value.Type, _ capacity: Int, _ body: (inout OutputSpan<Value>) -> Void
) {
  unsafe withUnsafeTemporaryAllocation(of: Value.self, capacity: capacity) { memory in
    // SAFETY: the room is this call's alone, and nothing in it is initialized before or after.
    var room = unsafe OutputSpan(buffer: memory, initializedCount: 0)
    body(&room)
    room.removeAll()
    _ = unsafe room.finalize(for: memory)
  }
}
