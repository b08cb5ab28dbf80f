import Capture
import Streams
import WSDecode

/// How long nothing was sent before a session ended.
struct Silence {
  /// Since the last frame of either side.
  let seconds: Double
  /// Since the last frame from the server's side; some proxies time that.
  let serverSeconds: Double

  /// - Returns: `nil` if the capture does not tell: it misses bytes, or one direction, or frames have been
  ///   under way when the session ended.
  init?(_ session: Session, until end: SeenEnd) {
    for leg in session.legs {
      guard leg.client.showsAllFrames, leg.server.showsAllFrames else { return nil }
      guard leg.client.acknowledged != nil || leg.server.acknowledged != nil else { return nil }
    }
    guard session.hops.allSatisfy({ $0.dropped == 0 }) else { return nil }
    var (server, client): (Double?, Double?)
    func shorten(_ silence: inout Double?, _ packet: PacketReference?) {
      guard let seconds = packet.map({ end.packet.time.seconds(since: $0.time) }), seconds >= 0 else {
        return
      }
      silence = min(silence ?? seconds, seconds)
    }
    for leg in session.legs {
      shorten(&server, leg.server.lastFrame)
      shorten(&server, leg.response?.packet)
      shorten(&client, leg.client.lastFrame)
    }
    guard let seconds = server ?? client else { return nil }
    self.seconds = min(seconds, client ?? seconds)
    serverSeconds = server ?? self.seconds
  }
}

extension LegStream {
  /// Whether no frame can have been overlooked, nor was one under way in the end.
  fileprivate var showsAllFrames: Bool { isUnderstood && cut == nil && gapCount == 0 }
}
