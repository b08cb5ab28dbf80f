/// Numbers network namespaces; 0 is the program's own. A number is used again when 65,535 others have been.
struct Realms {
  private var last: UInt16 = 0
  private var used: Set<UInt16> = [0]
  /// Those that are over, and since when: what was captured of them may still be reported.
  private var over: [(realm: UInt16, since: Int64)] = []
  /// Sessions are reported within seconds after their end.
  private static let linger = 300 * SteadyTime.second

  /// - Returns: `nil` if all are in use.
  mutating func take() -> UInt16? {
    guard used.count <= UInt16.max else { return nil }
    repeat { last &+= 1 } while used.contains(last)
    used.insert(last)
    return last
  }

  mutating func end(_ realm: UInt16, at now: Int64) { over.append((realm, now)) }

  /// Those that nobody will ask about any more.
  mutating func takeForgotten(at now: Int64) -> [UInt16] {
    let count = over.prefix { now - $0.since > Self.linger }.count
    defer { over.removeFirst(count) }
    let forgotten = over[..<count].map(\.realm)
    used.subtract(forgotten)
    return forgotten
  }
}
