import Capture
import Streams
import WSDecode

/// The leg behind a proxy, as far as it tells what the proxy has to pass on: prepared once to be compared with many legs
/// that may be in front.
struct LegBehind {
  let connection: Connection
  let captures: [Int]
  /// `nil` if it was not captured.
  let request: PacketReference?
  let response: PacketReference
  /// Bytes of the 101's head.
  let head: UInt64
  /// Bytes toward the client behind the handshake that the proxy received.
  let received: UInt64
  /// Bytes from the client behind the handshake that it passed on.
  let sent: UInt64
  let close: CarriedClose?
  /// The server's frames that are remembered.
  let marks: [FrameMark]
  /// Whether these numbers are known.
  let isUnderstood: Bool

  /// The server's frames that are remembered, by where they end behind the handshake.
  var frames: [(end: UInt64, packet: PacketReference)] {
    marks.map { ($0.end - min(head, $0.end), $0.packet) }
  }

  /// Those that had come before a packet.
  func framesCarried(by packet: PacketReference) -> [(end: UInt64, packet: PacketReference)] {
    frames.filter { $0.packet.precedes(packet) }
  }

  /// The server's Close frame among the bytes behind the handshake.
  struct CarriedClose {
    var end: UInt64
    var byteCount: UInt64
    var packet: PacketReference

    init(_ close: SeenClose, behind head: UInt64) {
      end = close.frame.range.upperBound - min(head, close.frame.range.upperBound)
      byteCount = close.frame.range.upperBound - close.frame.range.lowerBound
      packet = close.frame.last
    }
  }

  /// - Returns: `nil` if its handshake was not captured, or no proxy made the leg.
  init?(_ leg: Leg) {
    guard leg.request != nil else { return nil }
    self.init(answered: leg)
  }

  /// The same also of a leg whose request was not captured: an encrypted leg may belong to it rather than to another one.
  init?(answered leg: Leg) {
    guard leg.request == nil || SealedHops.mayHaveFront(leg), let response = leg.response,
      response.isSwitchingProtocols
    else { return nil }
    connection = leg.connection
    captures = leg.observations.map(\.capture)
    request = leg.request?.packet
    self.response = response.packet
    head = response.endOffset
    let (client, server) = (leg.client, leg.server)
    received = server.dataEnd - min(head, server.dataEnd)
    sent = leg.request.map { client.dataEnd - min($0.endOffset, client.dataEnd) } ?? 0
    close = server.close.map { [head] in CarriedClose($0, behind: head) }
    marks = server.marks.all
    isUnderstood = request != nil && client.isUnderstood && server.isUnderstood
  }
}
