import Capture
import CloseAnalysis
import Glibc
import LiveOutput
import Pipeline
import Telemetry

/// What the endpoint tells, put up a few times a second.
final class LiveStatus {
  private let board: StatusBoard
  private let server: StatusServer
  private var metrics = Metrics()
  private var recent = RecentSessions()
  private var lastTime: ContinuousClock.Instant?
  private static let interval = Duration.milliseconds(250)

  init(_ socket: ListeningSocket) throws {
    let board = StatusBoard()
    self.board = board
    server = try StatusServer(socket, board, process: { ProcessMetrics.families })
  }

  func count(_ session: Session) { metrics.count(session) }

  func add(json: [UInt8]) { recent.add(json) }

  /// Whether it is time to put up what is new.
  var isDue: Bool { lastTime.map { ContinuousClock.now - $0 >= Self.interval } ?? true }

  func publish(_ counters: LiveCounters, _ file: LineOutput?, _ evidence: LiveEvidence?) {
    var state = StatusBoard.State()
    state.families = metrics.families + counters.families
    if let file { state.families += file.counts.families }
    if let evidence { state.families += evidence.families }
    state.sessions = recent.sessions
    let interfaces = counters.live.interfaces
    state.obstacle =
      !interfaces.isEmpty && interfaces.allSatisfy { !$0.isOpen }
      ? "no interface is there: \(interfaces.map(\.name).joined(separator: ", "))" : nil
    if board.publish(state) { lastTime = .now }
  }

  func stop() { server.stop() }
}

/// What Prometheus wants to know of any process, by the names that it has for that.
enum ProcessMetrics {
  static var families: [MetricFamily] {
    var families = [
      MetricFamily(
        "process_cpu_seconds_total", "Processor time used.", .counter([.init(Double(clock()) / 1e6)]))
    ]
    if let bytes = residentBytes {
      families.append(.gauge("process_resident_memory_bytes", "Memory in use.", Double(bytes)))
    }
    return families
  }

  /// proc(5): the second field of statm, in pages.
  private static var residentBytes: Int? {
    let fields = ProcFile.bytes(of: "/proc/self/statm", limit: 4096)?.split(separator: UInt8(ascii: " "))
    guard let fields, fields.count > 1, let pages = Int(String(decoding: fields[1], as: UTF8.self)) else {
      return nil
    }
    return pages * Int(getpagesize())
  }
}
