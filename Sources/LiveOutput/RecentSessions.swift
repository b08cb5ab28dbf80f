/// The last sessions as JSON, bounded in number and in bytes.
package struct RecentSessions: Sendable {
  package private(set) var sessions: [[UInt8]] = []
  private var byteCount = 0
  private let limit: Int
  private static let maxBytes = 1 << 20

  /// - Parameter limit: sessions.
  package init(limit: Int = 100) { self.limit = limit }

  /// - Parameter session: one JSON object; a newline at its end is left out.
  package mutating func add(_ session: [UInt8]) {
    let object = session.last == UInt8(ascii: "\n") ? Array(session.dropLast()) : session
    guard object.count <= Self.maxBytes else { return }
    sessions.append(object)
    byteCount += object.count
    while sessions.count > limit || byteCount > Self.maxBytes { byteCount -= sessions.removeFirst().count }
  }
}
