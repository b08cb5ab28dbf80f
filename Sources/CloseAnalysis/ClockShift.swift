import Capture
import Streams
import WSDecode

/// Moves all times of what one capture shows, to bring it to another machine's clock.
struct ClockShift {
  var nanoseconds: Int64

  func callAsFunction(_ packet: PacketReference) -> PacketReference {
    var moved = packet
    moved.time.nanoseconds = packet.time.nanoseconds &+ nanoseconds
    return moved
  }

  func callAsFunction(_ leg: Leg) -> Leg {
    guard nanoseconds != 0 else { return leg }
    var leg = leg
    leg.connection.openedAt = self(leg.connection.openedAt)
    if let packet = leg.request?.packet { leg.request?.packet = self(packet) }
    if let packet = leg.response?.packet { leg.response?.packet = self(packet) }
    if leg.isSealed {
      leg.sealed?.client.mapPackets { self($0) }
      leg.sealed?.server.mapPackets { self($0) }
    }
    leg.client.shiftClock(self)
    leg.server.shiftClock(self)
    return leg
  }

  func callAsFunction(_ close: SeenClose) -> SeenClose {
    var close = close
    close.frame.first = self(close.frame.first)
    close.frame.last = self(close.frame.last)
    close.acknowledged = close.acknowledged.map { self($0) }
    return close
  }

  func callAsFunction(_ end: SeenEnd) -> SeenEnd {
    SeenEnd(kind: end.kind, offset: end.offset, packet: self(end.packet))
  }
}
