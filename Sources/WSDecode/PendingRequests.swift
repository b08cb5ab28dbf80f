import Capture

/// A request whose response is to come.
struct PendingRequest {
  /// An opening handshake.
  struct Upgrade {
    /// What the answer's `Sec-WebSocket-Accept` has to be.
    var accept: String?
  }
  enum Kind {
    case head, connect(target: String), upgrade(Upgrade), other
  }
  var kind: Kind
  var packet: PacketReference

  fileprivate var upgrade: Upgrade? {
    if case .upgrade(let upgrade) = kind { upgrade } else { nil }
  }
}

/// The requests whose responses are to come, in order. Few clients send one before the response to the one before: then no
/// memory is needed for others.
struct PendingRequests {
  private(set) var first: PendingRequest?
  private var others: [PendingRequest] = []

  var isEmpty: Bool { first == nil }

  var count: Int { isEmpty ? 0 : 1 + others.count }

  mutating func append(_ request: PendingRequest) {
    if isEmpty { first = request } else { others.append(request) }
  }

  @discardableResult
  mutating func removeFirst() -> PendingRequest? {
    defer { first = others.isEmpty ? nil : others.removeFirst() }
    return first
  }

  /// The first that asks for a WebSocket.
  var upgrade: PendingRequest.Upgrade? { first?.upgrade ?? others.lazy.compactMap(\.upgrade).first }
}
