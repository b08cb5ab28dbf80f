import Capture
import Streams

/// The frames of both directions of a leg. Where one has lost its boundaries, the other helps to find them:
/// a Close frame and its reply carry the same code.
struct LegFrames {
  private(set) var client: LegDirection
  private(set) var server: LegDirection
  /// Bits of evidence that are enough on a leg that is known to be a WebSocket: one place in 260,000.
  private static let enough = 18
  /// On a connection that may be anything: one in 10^12.
  private static let enoughForPickUp = 40
  /// If one of its directions is silent.
  private static let enoughAlone = 48
  /// If one of its directions shows something, but nothing that looks like frames.
  private static let enoughContradicted = 80
  private static let sameCode = 16

  init(client: consuming LegDirection, server: consuming LegDirection) {
    self.client = client
    self.server = server
  }

  /// For a connection of which only a late part was captured, with no leg yet.
  static func pickUp(options: FrameOptions) -> LegFrames {
    // Compression may have been agreed on: assume so, it only makes one more bit proper.
    let deflate = PermessageDeflate()
    return LegFrames(
      client: LegDirection(
        side: .client, from: nil, isSideKnown: false, deflate: deflate, options: options),
      server: LegDirection(
        side: .server, from: nil, isSideKnown: false, deflate: deflate, options: options))
  }

  mutating func receive(
    _ bytes: Span<UInt8>, from first: Int, _ chunk: StreamChunk, on leg: LegID,
    _ sink: inout some LegSink
  ) {
    let offset = chunk.offset + UInt64(first)
    if chunk.side == .client {
      client.receive(bytes, from: first, at: offset, chunk.packet, on: leg, &sink)
    } else {
      server.receive(bytes, from: first, at: offset, chunk.packet, on: leg, &sink)
    }
  }

  mutating func skip(
    _ side: Side, _ range: Range<UInt64>, isLengthKnown: Bool, _ packet: PacketReference, on leg: LegID,
    _ sink: inout some LegSink
  ) {
    if side == .client {
      client.skip(range, isLengthKnown: isLengthKnown, packet, on: leg, &sink)
    } else {
      server.skip(range, isLengthKnown: isLengthKnown, packet, on: leg, &sink)
    }
  }

  mutating func finish(_ side: Side, on leg: LegID, _ sink: inout some LegSink) {
    if side == .client { client.finish(on: leg, &sink) } else { server.finish(on: leg, &sink) }
  }

  /// Finds lost boundaries again where the evidence is enough.
  mutating func resynchronise(on leg: LegID, _ sink: inout some LegSink) {
    guard client.isLost || server.isLost else { return }
    let more = closeCodesMatch ? Self.sameCode : 0
    client.believe(atLeast: Self.enough, adding: more, on: leg, &sink)
    server.believe(atLeast: Self.enough, adding: more, on: leg, &sink)
  }

  /// What mid-stream pickup can say of the connection.
  enum PickUp {
    case unknown
    /// It is a WebSocket; `isFlipped` if the side taken for the client is the server.
    case webSocket(isFlipped: Bool)
  }

  var pickUpResult: PickUp {
    let (a, b) = (client.finder, server.finder)
    guard let role = a.role ?? b.role?.opposite, a.role != b.role || a.role == nil else { return .unknown }
    guard !a.isRefuted, !b.isRefuted else { return .unknown }
    let evidence = a.evidence + b.evidence + (closeCodesMatch ? Self.sameCode : 0)
    let needed =
      if a.isContradicted || b.isContradicted { Self.enoughContradicted } else {
        a.role == nil || b.role == nil ? Self.enoughAlone : Self.enoughForPickUp
      }
    guard evidence >= needed else { return .unknown }
    return .webSocket(isFlipped: role == .server)
  }

  /// Whether what came since the pickup shows that it was a mistake: one direction alone had been believed.
  var refutesPickUp: Bool { client.refutesPickUp || server.refutesPickUp }

  /// Exchanges the directions: the frames showed who is who.
  mutating func flip() { (client, server) = (server.flipped, client.flipped) }

  /// Reports what the finders have: the pickup is believed.
  mutating func confirm(_ packet: PacketReference, on leg: LegID, _ sink: inout some LegSink) {
    client.confirm(packet, on: leg, &sink)
    server.confirm(packet, on: leg, &sink)
  }

  private var closeCodesMatch: Bool {
    guard let code = client.closeCode, let other = server.closeCode else { return false }
    return code == other
  }
}
