import Capture
import Streams

/// What the peer says of this stream: acknowledgments and windows.
extension HalfStream {
  /// Takes the acknowledgment number of a segment that the peer sent.
  mutating func acknowledge(
    _ number: SequenceNumber, _ packet: PacketReference, on id: ConnectionID, _ sink: inout some StreamSink
  ) {
    let offset = offset(of: number)
    guard offset > Int64(clamping: acknowledged) else { return }
    acknowledged = UInt64(offset)
    if acknowledged <= max(next, sent) { facts.insert(.confirmed) }
    if acknowledged <= reached, waiting.isEmpty || waiting[0].acknowledgments.isEmpty {
      return sink.acknowledge(side, upTo: acknowledged, packet, on: id)
    }
    needWaiting()
    if waiting[0].acknowledgments.count == Self.maxWaitingAcknowledgments {
      waiting[0].acknowledgments.removeLast()
    }
    waiting[0].acknowledgments.append((acknowledged, packet))
    settle(on: id, &sink)
  }

  private static let maxWaitingAcknowledgments = 32

  /// How far all has been put out, the FIN with it.
  private var reached: UInt64 { next + (finDelivered ? 1 : 0) }

  /// Notes whether the peer's window is open.
  mutating func noteWindow(
    isOpen: Bool, _ packet: PacketReference, on id: ConnectionID, _ sink: inout some StreamSink
  ) {
    guard isOpen == facts.contains(.windowClosed) else { return }
    if isOpen { facts.remove(.windowClosed) } else { facts.insert(.windowClosed) }
    sink.receive(.window(side, isOpen: isOpen, packet), on: id)
  }

  /// Passes on the FIN and the acknowledgments that the delivered bytes have reached.
  mutating func settle(on id: ConnectionID, _ sink: inout some StreamSink) {
    if let fin, !finDelivered, next >= fin.offset {
      facts.insert(.finDelivered)
      sink.receive(.ended(side, .fin, at: fin.offset, fin.packet), on: id)
    }
    guard !waiting.isEmpty, !waiting[0].acknowledgments.isEmpty else { return }
    let count = waiting[0].acknowledgments.prefix { $0.offset <= reached }.count
    guard count > 0 else { return }
    let told = waiting[0].acknowledgments.prefix(count)
    waiting[0].acknowledgments.removeFirst(count)
    for (offset, packet) in told { sink.receive(.acknowledged(side, upTo: offset, packet), on: id) }
  }
}
