import NIOCore
import NIOHTTP1
import NIOPosix
import Telemetry

/// The HTTP endpoint, on a thread of its own.
package final class StatusServer: Sendable {
  private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let channel: any Channel

  /// Starts to answer.
  ///
  /// - Parameters:
  ///   - socket: used by nobody else from now on.
  ///   - process: gives what is asked of the process when somebody wants to know it; called on the thread.
  package init(
    _ socket: ListeningSocket, _ board: StatusBoard, process: @escaping @Sendable () -> [MetricFamily]
  ) throws {
    let pages = StatusPages(board: board, process: process, refusesNames: socket.isLoopback)
    let places = Places()
    channel = try ServerBootstrap(group: group).childChannelInitializer { channel in
      channel.eventLoop.makeCompletedFuture {
        guard places.take() else { throw ChannelError.ioOnClosedChannel }
        let deadline = channel.eventLoop.scheduleTask(in: .seconds(Places.patience)) {
          channel.close(promise: nil)
        }
        channel.closeFuture.whenComplete { _ in
          deadline.cancel()
          places.giveBack()
        }
        try channel.pipeline.syncOperations.configureHTTPServerPipeline(withPipeliningAssistance: false)
        try channel.pipeline.syncOperations.addHandler(StatusHandler(pages))
      }
    }.childChannelOption(.maxMessagesPerRead, value: 4).withBoundSocket(socket.descriptor).wait()
  }

  package func stop() {
    try? channel.close().wait()
    try? group.syncShutdownGracefully()
  }
}
