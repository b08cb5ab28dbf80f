import Capture
import Streams

/// When the carried streams are blocked: by their own window, the connection's, or TCP's.
extension HTTP2Connection {
  /// Data uses up both windows (RFC 9113 §6.9.1).
  mutating func spend(
    _ length: Int, on id: UInt32, _ place: Place, _ output: inout HTTP2Output<some StreamSink>
  ) {
    guard flow[place.side].isKnown, length > 0 else { return }
    let wasBlocked = flow[place.side].isConnectionBlocked
    flow[place.side].move(by: -Int64(length))
    moveWindow(of: id, place.side, by: -Int64(length))
    if flow[place.side].isConnectionBlocked, !wasBlocked {
      tellWindows(of: place.side, place.packet, &output)
    }
    tellWindow(of: id, place.side, place.packet, &output)
  }

  /// WINDOW_UPDATE: the sender can take more (RFC 9113 §6.9).
  mutating func extend(
    _ id: UInt32, by increment: UInt32, _ place: Place, _ output: inout HTTP2Output<some StreamSink>
  ) {
    let side = place.side.opposite
    guard flow[side].isKnown else { return }
    guard id == 0 else {
      moveWindow(of: id, side, by: Int64(increment))
      return tellWindow(of: id, side, place.packet, &output)
    }
    let wasBlocked = flow[side].isConnectionBlocked
    flow[side].move(by: Int64(increment))
    if wasBlocked, !flow[side].isConnectionBlocked { tellWindows(of: side, place.packet, &output) }
  }

  mutating func take(
    _ settings: [(id: UInt16, value: UInt32)], _ place: Place,
    _ output: inout HTTP2Output<some StreamSink>
  ) {
    let side = place.side.opposite
    // The last one counts; above 2^31-1 it is an error (RFC 9113 §6.5.2).
    guard let size = settings.last(where: { $0.id == Self.initialWindowSize })?.value, size >> 31 == 0
    else { return }
    flow[side].setInitial(size)
    tellWindows(of: side, place.packet, &output)
  }

  /// SETTINGS_INITIAL_WINDOW_SIZE.
  private static let initialWindowSize: UInt16 = 4

  private mutating func moveWindow(of id: UInt32, _ side: Side, by amount: Int64) {
    guard let balance = streams[id]?.halves[side].windowBalance else { return }
    streams[id]?.halves[side].windowBalance = FlowControl.moved(balance, by: amount)
  }

  /// Tells a stream if its side has come to a stop, or may go on.
  mutating func tellWindow(
    of id: UInt32, _ side: Side, _ packet: PacketReference, _ output: inout HTTP2Output<some StreamSink>
  ) {
    guard let stream = streams[id], !stream.isOver, !stream.halves[side].hasEnded else { return }
    let isBlocked = isCarrierBlocked[side] || flow[side].isBlocked(stream.halves[side].windowBalance)
    guard isBlocked != stream.halves[side].isBlocked else { return }
    streams[id]?.halves[side].isBlocked = isBlocked
    output.sink.receive(.window(side, isOpen: !isBlocked, packet), on: stream.output)
  }

  /// The same for all streams; each that is missed for the sake of cost is told with its next frame.
  mutating func tellWindows(
    of side: Side, _ packet: PacketReference, _ output: inout HTTP2Output<some StreamSink>
  ) {
    guard !streams.isEmpty, affordsAllStreams() else { return }
    for id in streams.keys.sorted() { tellWindow(of: id, side, packet, &output) }
  }
}
