import NIOHTTP1
import Telemetry

/// The pages of the endpoint.
struct StatusPages: Sendable {
  struct Answer {
    var status = HTTPResponseStatus.ok
    var contentType = "text/plain; charset=utf-8"
    var body: [UInt8]

    static func text(_ text: String, _ status: HTTPResponseStatus = .ok) -> Answer {
      Answer(status: status, body: Array("\(text)\n".utf8))
    }
  }

  let board: StatusBoard
  /// What is asked of the process when somebody wants to know it.
  let process: @Sendable () -> [MetricFamily]
  /// Whether a name in a request's Host may be anybody's: see `RequestHost`.
  var refusesNames = false
  /// The capture makes a round every quarter of a second.
  private static let patience = Duration.seconds(10)

  /// - Parameter hosts: the request's Host fields.
  func answer(_ method: HTTPMethod, _ target: String, hosts: [String]) -> Answer {
    let (authority, path) = Self.parts(of: target)
    guard !refusesNames || RequestHost.isAddress(authority.map { [$0] } ?? hosts) else {
      return .text("ask for an address, or for localhost", .misdirectedRequest)
    }
    guard method == .GET || method == .HEAD else { return .text("only GET and HEAD", .methodNotAllowed) }
    switch path.prefix(while: { $0 != "?" }) {
    case "/metrics":
      return Answer(
        contentType: PrometheusText.contentType,
        body: PrometheusText.render(board.current.families + process()))
    case "/healthz":
      return board.age < Self.patience ? .text("ok") : .text("the capture stands still", .serviceUnavailable)
    case "/readyz":
      return board.current.obstacle.map { .text($0, .serviceUnavailable) } ?? .text("ok")
    case "/sessions":
      let list = board.current.sessions.reversed().joined(separator: Array(",\n".utf8))
      return Answer(contentType: "application/json", body: Array("[".utf8) + list + Array("]\n".utf8))
    case "/": return .text("/metrics\n/healthz\n/readyz\n/sessions")
    default: return .text("no such page: see /", .notFound)
    }
  }

  /// A request may name the host in its target (RFC 9112 §3.2.2): then the Host field says nothing.
  private static func parts(of target: String) -> (authority: String?, path: Substring) {
    let scheme = "http://"
    guard target.lowercased().hasPrefix(scheme) else { return (nil, target[...]) }
    let rest = target.dropFirst(scheme.count)
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    let path = rest[end...]
    return (String(rest[..<end]), path.hasPrefix("/") ? path : "/" + path)
  }
}
