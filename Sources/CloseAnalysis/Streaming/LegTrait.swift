import Streams

/// What legs of one session have in common, as a number. Other legs may have it by chance: who shares a trait is looked
/// at, and nothing more.
struct LegTrait: Hashable {
  private let value: Int

  private init(_ combine: (inout Hasher) -> Void) {
    var hasher = Hasher()
    combine(&hasher)
    value = hasher.finalize()
  }

  /// `Sec-WebSocket-Accept`, which stands for the key.
  static func handshake(_ token: String) -> LegTrait { LegTrait(.accept, token) }

  static func request(_ id: String) -> LegTrait { LegTrait(.requestID, id) }

  private enum Field: Int { case accept, requestID }

  private init(_ field: Field, _ text: String) {
    self.init {
      $0.combine(field.rawValue)
      $0.combine(text)
    }
  }

  /// Where both streams begin: equal for two observations of one leg.
  static func beginning(_ leg: Leg) -> LegTrait? {
    guard let client = leg.client.base, let server = leg.server.base else { return nil }
    let stream = leg.connection.http2Stream
    return LegTrait {
      $0.combine(client.rawValue)
      $0.combine(server.rawValue)
      $0.combine(stream)
    }
  }

  /// A frame that a client masked, wherever it is, or one that a server sent, at its place (`SameLeg`): what that says it
  /// may say to others, too.
  static func frame(_ mark: FrameMark, from side: Side, of leg: Leg) -> LegTrait? {
    if side == .client { return mark.isStrong ? LegTrait { $0.combine(mark.digest) } : nil }
    guard let base = leg.server.base else { return nil }
    let stream = leg.connection.http2Stream
    return LegTrait {
      $0.combine(mark.digest)
      $0.combine(base.rawValue &+ UInt32(truncatingIfNeeded: mark.offset))
      $0.combine(stream)
    }
  }
}

extension Leg {
  /// The traits of its handshake and of its streams' beginnings.
  var handshakeTraits: [LegTrait] {
    var traits: [LegTrait] = []
    // Room for that of the other stream's beginning, which comes later.
    traits.reserveCapacity(4)
    if let token = acceptToken { traits.append(.handshake(token)) }
    if let id = request?.requestID { traits.append(.request(id)) }
    if let beginning = LegTrait.beginning(self) { traits.append(beginning) }
    return traits
  }

  /// Those of the first frames: with them legs are joined of which a handshake is missing.
  var frameTraits: [LegTrait] {
    client.marks.first.compactMap { .frame($0, from: .client, of: self) }
      + server.marks.first.compactMap { .frame($0, from: .server, of: self) }
  }
}
