import Capture
import CloseAnalysis
import Glibc
import Synchronization

/// One line on standard error that tells how far a long reading has come. Only for people: where standard error is no
/// terminal there is none.
final class ProgressLine: Sendable {
  private struct State {
    var next: ContinuousClock.Instant
    var isOnScreen = false
    /// Of each capture that is read, by its index.
    var captures: [Int: (progress: CaptureProgress, legs: Int)] = [:]
  }
  private let isShown: Bool
  /// Bytes of all that is to be read; `nil` if there is a pipe among it.
  private let totalBytes: UInt64?
  private let begin = ContinuousClock.now
  private let state: Mutex<State>
  /// Until then nobody waits.
  private static let patience = Duration.seconds(2)
  private static let interval = Duration.milliseconds(200)
  private static let eraseLine = "\r\u{1b}[K"

  /// - Parameter isShown: false where the report itself goes to the terminal while it is read.
  init(isShown: Bool = true, totalBytes: UInt64?) {
    self.totalBytes = totalBytes
    self.isShown = isShown && isatty(STDERR_FILENO) == 1 && Output.hasCursor
    state = Mutex(State(next: begin + Self.patience))
  }

  func show(_ progress: CaptureProgress, legs: Int, ofCapture index: Int) {
    guard isShown else { return }
    state.withLock { state in
      state.captures[index] = (progress, legs)
      write(&state)
    }
  }

  /// Shows what was shown last, after more time: a pipe gives nothing.
  func refresh() {
    guard isShown else { return }
    state.withLock { write(&$0) }
  }

  private func write(_ state: inout State) {
    guard ContinuousClock.now >= state.next else { return }
    state.next = ContinuousClock.now + Self.interval
    state.isOnScreen = true
    let all = state.captures.values.reduce(CaptureProgress.none) { $0 + $1.progress }
    let legs = state.captures.values.reduce(0) { $0 + $1.legs }
    let text = Self.text(all, of: totalBytes, legs: legs, after: ContinuousClock.now - begin)
    // What goes on in a second row would stay there.
    Output.tell(Self.eraseLine + text.prefix(max(Self.columns - 1, 0)))
  }

  func erase() {
    state.withLock { state in
      guard state.isOnScreen else { return }
      state.isOnScreen = false
      Output.tell(Self.eraseLine)
    }
  }

  /// `2.1 of 97.0 GB, 850 MB/s, 1 min 52 s left; 3,402,112 packets, 1,204 WebSocket legs`
  static func text(
    _ progress: CaptureProgress, of totalBytes: UInt64?, legs: Int, after time: Duration
  ) -> String {
    let seconds = max(Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18, 1e-3)
    let rate = Double(progress.bytesRead) / seconds
    var parts = ["\(bytes(Double(progress.bytesRead)))"]
    if let totalBytes { parts[0] += " of \(bytes(Double(totalBytes)))" }
    parts.append("\(bytes(rate))/s")
    if let totalBytes, totalBytes > progress.bytesRead, rate > 0 {
      parts.append("\(duration(Double(totalBytes - progress.bytesRead) / rate)) left")
    }
    return parts.joined(separator: ", ") + "; \(Wording.count(progress.packets, "packet", "packets")), "
      + Wording.count(UInt64(legs), "WebSocket leg", "WebSocket legs")
  }

  /// Of the terminal, which may change; 80 where it does not tell.
  private static var columns: Int {
    var size = winsize()
    // SAFETY: `size` outlives the call.
    let code = unsafe ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size)
    return code == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
  }

  private static func bytes(_ count: Double) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"]
    var (value, unit) = (count, 0)
    while value >= 1000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
    guard unit > 0, value < 100 else { return "\(Int(value.rounded())) \(units[unit])" }
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }

  private static func duration(_ seconds: Double) -> String {
    let seconds = Int(min(seconds, 1e9).rounded(.up))
    if seconds < 60 { return "\(seconds) s" }
    return seconds < 3600
      ? "\(seconds / 60) min \(seconds % 60) s" : "\(seconds / 3600) h \(seconds / 60 % 60) min"
  }
}
