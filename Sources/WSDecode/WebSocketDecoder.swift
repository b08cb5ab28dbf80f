import Capture
import Streams

/// Finds the WebSockets among TCP connections and decodes their frames.
package struct WebSocketDecoder<Sink: LegSink>: StreamSink {
  private let options: FrameOptions
  private var output: LegOutput<Sink>
  /// By slot of the connection.
  private var connections: [Indirect<ConnectionDecoder>?] = []

  package init(into sink: Sink, options: FrameOptions = FrameOptions()) {
    self.options = options
    output = LegOutput(sink)
  }

  package var sink: Sink { output.sink }

  /// Legs that were told, also those that turned out to be none.
  package var legCount: Int { output.count }

  package mutating func receive(_ bytes: Span<UInt8>, _ chunk: StreamChunk) {
    let slot = chunk.connection.slot
    guard slot < connections.count else { return }
    connections[slot]?.value.receive(bytes, chunk, &output)
  }

  package mutating func receive(_ event: StreamEvent, on connection: ConnectionID) {
    let slot = connection.slot
    if case .opened(let connection) = event {
      while connections.count <= slot { connections.append(nil) }
      connections[slot] = Indirect(ConnectionDecoder(connection, options: options))
      return
    }
    guard slot < connections.count else { return }
    connections[slot]?.value.receive(event, &output)
    if case .closed = event { connections[slot] = nil }
  }

  package mutating func acknowledge(
    _ side: Side, upTo: UInt64, _ packet: PacketReference, on connection: ConnectionID
  ) {
    guard connection.slot < connections.count else { return }
    connections[connection.slot]?.value.acknowledge(side, upTo: upTo, packet, &output)
  }

  package mutating func receive(_ notice: CaptureNotice) { output.sink.receive(notice) }
}
