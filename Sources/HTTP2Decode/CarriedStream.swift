import Streams

/// A stream of an HTTP/2 connection that is handed on as a connection of its own.
struct CarriedStream {
  /// What one side has sent on it.
  struct Half {
    /// Where the next byte lies.
    var offset: UInt64 = 0
    /// END_STREAM, RST_STREAM, GOAWAY or the end of the connection was told: nothing of this side follows.
    var hasEnded = false
    /// The end counts as a byte, as TCP's FIN does: END_STREAM, or the FIN below.
    var countsEnd = false
    var wasReset = false
    /// How far was told to be acknowledged.
    var acknowledged: UInt64 = 0
    var isEndAcknowledged = false
    /// What the window has more than one at the beginning.
    var windowBalance: Int64 = 0
    var isBlocked = false
    /// It was aborted by the peer, and frames that came later show that nothing of it is still under way.
    var isQuiet = false
    /// How many losses of the direction the stream has been told.
    var losses = 0

    /// Whether everything sent, the end with it, is known to have arrived.
    var isSettled: Bool { acknowledged >= offset && (!hasEnded || isEndAcknowledged) }
  }
  /// What the request was.
  enum Kind {
    /// Extended CONNECT with `:protocol` websocket (RFC 8441 §4).
    case webSocket
    /// CONNECT: the stream is a TCP connection (RFC 9113 §8.5).
    case tunnel
    case unknown
  }
  let output: ConnectionID
  let kind: Kind
  var awaitsResponse: Bool
  /// Ended in both directions, or aborted.
  var isOver = false
  var halves = Sides(client: Half(), server: Half())

  init(output: ConnectionID, kind: Kind) {
    self.output = output
    self.kind = kind
    awaitsResponse = kind != .unknown
  }

  /// Whether nothing more is to be told of it.
  var isDone: Bool { isOver && Self.isDone(halves.client) && Self.isDone(halves.server) }

  private static func isDone(_ half: Half) -> Bool { (half.hasEnded || half.isQuiet) && half.isSettled }
}
