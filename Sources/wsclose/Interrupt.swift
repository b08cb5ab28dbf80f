import Glibc
import Synchronization

/// The first SIGINT or SIGTERM ends the reading, and what was read is reported; one that comes later kills.
enum Interrupt {
  private static let flag = Atomic<Bool>(false)
  /// When the first one came, in nanoseconds since the machine was started; 0 if none has.
  private static let firstTime = Atomic<UInt64>(0)
  /// Nanoseconds in which another one means no more than the first: `timeout` sends two.
  private static let patience: UInt64 = 1_000_000_000
  private static let inquiry = Atomic<Bool>(false)
  private static let reopening = Atomic<Bool>(false)

  static var isRequested: Bool { flag.load(ordering: .relaxed) }

  static func install() {
    for number in [SIGINT, SIGTERM] {
      var action = sigaction()
      // Not SA_RESTART, as `signal` has it: to open a pipe may take for ever.
      unsafe action.__sigaction_handler.sa_handler = { Interrupt.heed($0) }
      // SAFETY: `action` outlives the call.
      unsafe sigaction(number, &action, nil)
    }
    unblock([SIGINT, SIGTERM])
  }

  /// Does no more than a signal handler may (signal-safety(7)).
  private static func heed(_ number: Int32) {
    var time = timespec()
    // SAFETY: `time` outlives the call.
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    let now = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    flag.store(true, ordering: .relaxed)
    let (isFirst, first) = firstTime.compareExchange(expected: 0, desired: now, ordering: .relaxed)
    guard !isFirst, now - first >= patience else { return }
    signal(number, SIG_DFL)
    raise(number)
  }

  /// Has the signals that mean something to a capture that goes on do no harm before it has begun: who sends them, logrotate
  /// or a person, does not know whether it has. They are heeded then.
  ///
  /// - Parameter arguments: of the program.
  static func expect(_ arguments: some Collection<String>) {
    guard arguments.first == "live" else { return }
    installInquiry()
    // Without a file it is a terminal's that goes away.
    if arguments.contains(where: { $0 == "--output" || $0.hasPrefix("--output=") }) { installReopening() }
  }

  /// Has SIGUSR1 ask for the counters.
  private static func installInquiry() {
    _ = signal(SIGUSR1) { _ in Interrupt.inquiry.store(true, ordering: .relaxed) }
    unblock([SIGUSR1])
  }

  /// Has SIGHUP ask that files be opened anew.
  private static func installReopening() {
    _ = signal(SIGHUP) { _ in Interrupt.reopening.store(true, ordering: .relaxed) }
    unblock([SIGHUP])
  }

  /// A program that starts this one from a thread of its own hands on what that thread blocks.
  private static func unblock(_ numbers: [Int32]) {
    var set = sigset_t()
    // SAFETY: the set outlives the calls.
    unsafe sigemptyset(&set)
    for number in numbers { unsafe sigaddset(&set, number) }
    unsafe pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }

  /// Whether files are to be opened anew since the last call.
  static func takeReopening() -> Bool { reopening.exchange(false, ordering: .relaxed) }

  /// Whether the counters were asked for since the last call.
  static func takeInquiry() -> Bool { inquiry.exchange(false, ordering: .relaxed) }
}
