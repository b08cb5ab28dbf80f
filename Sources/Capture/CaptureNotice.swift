/// What a capture tells besides packets, nearly all of it a live one. It passes through all stages, in order with the packets.
package enum CaptureNotice: Hashable, Sendable {
  /// Time has passed, with packets or without.
  ///
  /// - packets: on the clock of the packets, which may be set back.
  /// - steady: the same, but never earlier than before.
  case time(packets: Timestamp, steady: Timestamp)
  /// The capture dropped packets of a namespace, somewhere between the last notice and this place. What has a later time
  /// and a higher number than the place was captured after them.
  case dropped(count: UInt64, realm: UInt16, PacketReference)
  /// An interface of a namespace was gone and is back, or is still gone at the end: up to this place nobody knows what
  /// passed on it.
  case outage(realm: UInt16, PacketReference)
  /// A namespace is gone: no packet of it comes any more.
  case ended(realm: UInt16)
  /// There may be no packet for long: what is kept to be handed on together is handed on.
  case pause
}
