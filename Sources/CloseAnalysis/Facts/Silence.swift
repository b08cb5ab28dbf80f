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
      for stream in [leg.client, leg.server] {
        guard stream.isUnderstood, stream.cut == nil, stream.gapCount == 0 else { return nil }
      }
      guard leg.client.acknowledged != nil || leg.server.acknowledged != nil else { return nil }
    }
    guard session.hops.allSatisfy({ $0.dropped == 0 }) else { return nil }
    func since(_ packets: [PacketReference?]) -> Double? {
      packets.compactMap { $0 }.map { end.packet.time.seconds(since: $0.time) }.filter { $0 >= 0 }.min()
    }
    let server = session.legs.flatMap { [$0.server.lastFrame, $0.response?.packet] }
    let all = server + session.legs.map(\.client.lastFrame)
    guard let seconds = since(all) else { return nil }
    self.seconds = seconds
    serverSeconds = since(server) ?? seconds
  }
}
