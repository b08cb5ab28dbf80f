import Glibc
import Synchronization

/// The first SIGINT or SIGTERM ends the reading, and what was read is reported; the second one kills.
enum Interrupt {
  private static let flag = Atomic<Bool>(false)

  static var isRequested: Bool { flag.load(ordering: .relaxed) }

  static func install() {
    for number in [SIGINT, SIGTERM] {
      // An atomic store is all that a signal handler may do here.
      _ = signal(number) { number in
        Interrupt.flag.store(true, ordering: .relaxed)
        _ = signal(number, SIG_DFL)
      }
    }
  }
}
