import Capture
import Streams

/// What of one direction waits for something else. Apart from the rest, as most connections have none of it most of
/// the time: a silent one is to cost no more than its place in the table.
struct Waiting {
  var held = HeldSegments()
  var aside = SetAside()
  /// Acknowledgments that came before anything told where the stream begins: the number of the first, and what the last
  /// one said.
  var early: (first: SequenceNumber, number: SequenceNumber, window: UInt64, packet: PacketReference)?
  /// Acknowledgments of bytes that have not been delivered yet, rising.
  var acknowledgments: [(offset: UInt64, packet: PacketReference)] = []
  /// Since when the receiver is known to have what the hole lacks.
  var holeAcknowledgedAt: Timestamp?

  var cost: Int { held.cost + aside.cost }

  /// Whether nothing waits.
  var isIdle: Bool {
    held.isEmpty && aside.isEmpty && early == nil && acknowledgments.isEmpty && holeAcknowledgedAt == nil
  }
}
