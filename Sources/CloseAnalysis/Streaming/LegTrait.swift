import Streams

/// What legs of one session have in common, as a number. Other legs may have it by chance: who shares a trait is looked
/// at, and nothing more.
struct LegTrait: Hashable {
  private let value: Int

  private init<each Part: Hashable>(_ parts: repeat each Part) {
    var hasher = Hasher()
    repeat hasher.combine(each parts)
    value = hasher.finalize()
  }

  /// `Sec-WebSocket-Accept`, which stands for the key.
  static func handshake(_ token: String) -> LegTrait { LegTrait("accept", token) }

  static func request(_ id: String) -> LegTrait { LegTrait("request", id) }

  /// Where both streams begin: equal for two observations of one leg.
  static func beginning(_ leg: Leg) -> LegTrait? {
    guard let client = leg.client.base, let server = leg.server.base else { return nil }
    return LegTrait(client, server, leg.connection.http2Stream)
  }

  /// A frame that a client masked, or that a server sent.
  static func frame(_ mark: FrameMark, from side: Side) -> LegTrait {
    LegTrait(mark.digest, side)
  }
}

extension Leg {
  /// The traits of its handshake and of its streams' beginnings.
  var handshakeTraits: [LegTrait] {
    [
      acceptToken.map { .handshake($0) }, request?.requestID.map { .request($0) }, LegTrait.beginning(self),
    ].compactMap { $0 }
  }

  /// Those of the first frames: with them legs are joined of which a handshake is missing.
  var frameTraits: [LegTrait] {
    client.marks.first.filter(\.isStrong).map { .frame($0, from: .client) }
      + server.marks.first.map { .frame($0, from: .server) }
  }
}
