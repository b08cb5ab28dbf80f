import Capture
import Streams

/// Records that did not open: whether the secrets are wrong, and what is told of the records if they are.
extension TLSConnection {
  /// Records of the handshake that fail to open do not show that secrets are wrong: they may have keys of their own.
  static let maxHandshakeRecords = 16
  private static let maxUnopened = 4 * maxHandshakeRecords

  /// Whether application data of either side was opened.
  var hasReachedApplication: Bool { client.hasReachedApplication || server.hasReachedApplication }

  mutating func keepOpened(_ record: TLSRecord, _ side: Side) {
    if !hasReachedApplication {
      if unopened.items.count < Self.maxUnopened { unopened.add(record, side) }
    } else if !unopened.isEmpty {
      unopened = UnopenedRecords()
    }
  }

  /// Whether records came, and none of them opened that may hold application data.
  var hasFailed: Bool {
    phase == .opening && !unopened.isEmpty && client.failures + server.failures > 0
  }

  mutating func keepUnopened(_ record: TLSRecord, _ side: Side, _ sink: inout some StreamSink) {
    unopened.add(record, side)
    if self[side].failures > Self.maxHandshakeRecords || unopened.items.count >= Self.maxUnopened
      || showsWrongSecrets(record, side)
    {
      close(.wrongSecrets, &sink)
    }
  }

  mutating func keepUnopened(
    _ record: TLSRecord?, _ gap: StreamEvent, _ side: Side, _ sink: inout some StreamSink
  ) {
    if let record { unopened.add(record, side) }
    unopened.add(gap)
    if unopened.items.count >= Self.maxUnopened { close(.wrongSecrets, &sink) }
  }

  /// Whether a record that does not open has to be one of those that the secrets are for. It should be known early:
  /// while a capture is read a leg in front of a session has to be known soon after the answer.
  private func showsWrongSecrets(_ record: TLSRecord, _ side: Side) -> Bool {
    guard record.body != nil else { return false }
    guard description.version == 0x0304, !self[side].isInHandshake else { return true }
    // Behind the client's Finished the server sends nothing under the keys of the handshake. What comes with early data
    // may be in front of it.
    guard side == .server, clientHello?.extensions.hasEarlyData != true else { return false }
    return clientProtected?.precedes(record.packet) ?? false
  }

  mutating func tellUnopened(_ sink: inout some StreamSink) {
    for item in unopened.items {
      switch item {
      case .record(let record, let side): tell(record, side, &sink)
      case .event(let event): sink.receive(event, on: id)
      }
    }
    unopened = UnopenedRecords()
  }
}
