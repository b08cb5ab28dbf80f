import Glibc

/// How many files the program may have open.
enum OpenFileLimit {
  /// Raises it as far as the user may: each pod that `--sidecars` captures in takes some, and the limit at which a shell
  /// or a service begins is low.
  static func raise() {
    var limit = rlimit()
    // SAFETY: `limit` outlives the calls.
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = limit.rlim_max
    // Where that is refused the limit is what it was, and what cannot be opened is told.
    _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
