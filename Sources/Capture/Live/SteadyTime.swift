import Glibc

/// A clock that nobody can set: nanoseconds since some moment.
enum SteadyTime {
  static var now: Int64 {
    var time = timespec()
    // SAFETY: `time` outlives the call.
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }

  static let second: Int64 = 1_000_000_000
}
