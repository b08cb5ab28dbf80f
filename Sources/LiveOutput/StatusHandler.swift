import NIOCore
import NIOHTTP1
import Synchronization

/// How many connections are open: there is a bound.
final class Places: Sendable {
  private let count = Mutex(0)
  private static let limit = 32
  /// Seconds after which a connection is closed, whatever it does.
  static let patience: Int64 = 30

  func take() -> Bool {
    count.withLock { count in
      guard count < Self.limit else { return false }
      count += 1
      return true
    }
  }

  func giveBack() { count.withLock { $0 -= 1 } }
}

/// Answers one request and closes the connection: what is answered and not read yet has a bound so.
final class StatusHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let pages: StatusPages
  private var request: HTTPRequestHead?
  private var isDone = false

  init(_ pages: StatusPages) { self.pages = pages }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isDone else { return }
    switch unwrapInboundIn(data) {
    case .head(let head):
      request = head
      // Who asks whether to send a body is answered at once: no page needs one.
      guard head.headers.contains(name: "expect") else { return }
      isDone = true
      answer(head, context)
    case .body: break
    case .end:
      guard let request else { return }
      isDone = true
      answer(request, context)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func answer(_ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
    let answer = pages.answer(request.method, request.uri, hosts: request.headers["host"])
    var head = HTTPResponseHead(version: request.version, status: answer.status)
    if answer.status == .methodNotAllowed { head.headers.add(name: "allow", value: "GET, HEAD") }
    head.headers.add(name: "content-type", value: answer.contentType)
    head.headers.add(name: "content-length", value: "\(answer.body.count)")
    head.headers.add(name: "cache-control", value: "no-store")
    head.headers.add(name: "x-content-type-options", value: "nosniff")
    head.headers.add(name: "connection", value: "close")
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if request.method != .HEAD {
      context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
    }
    let done = context.eventLoop.makePromise(of: Void.self)
    let channel = context.channel
    done.futureResult.whenComplete { _ in channel.close(promise: nil) }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: done)
  }
}
