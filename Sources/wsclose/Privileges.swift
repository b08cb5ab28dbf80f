import CLinux
import Capture
import Glibc

/// What this program may do, and how it gives that up once its captures are open.
enum Privileges {
  /// Who a program is.
  struct User: Equatable {
    var name: String
    var id: uid_t
    var group: gid_t
  }

  /// - Parameter name: a name, or a number.
  /// - Returns: `nil` if there is nobody of that name.
  static func user(_ name: String) -> User? {
    // SAFETY: what getpwuid and getpwnam return is valid until they are called again, and copied here.
    if let number = uid_t(name) {
      return unsafe User(name: name, id: number, group: getpwuid(number)?.pointee.pw_gid ?? number)
    }
    guard let entry = unsafe getpwnam(name)?.pointee else {
      return name == "nobody" ? User(name: name, id: 65_534, group: 65_534) : nil
    }
    return unsafe User(name: name, id: entry.pw_uid, group: entry.pw_gid)
  }

  /// Why a capture cannot be opened, in one line; `nil` if the rights suffice.
  static func lack(for source: LiveSource) -> CaptureError? {
    let missing = source.neededCapabilities.subtracting(.effective)
    guard !missing.isEmpty else { return nil }
    let names = source.neededCapabilities.names.map { $0.lowercased() }.joined(separator: ",")
    return CaptureError(
      source: source.name,
      problem: "capturing needs \(missing.names.joined(separator: ", ")), which this user lacks",
      advice: "run as root, or give the program the right: setcap \(names)+ep WSCLOSE")
  }

  /// Becomes another user, and keeps no capability but some. Nothing that is started later can have more.
  ///
  /// Capabilities are those of a thread: no other one may run yet.
  ///
  /// - Parameter user: `nil` to stay who this is.
  /// - Throws: what could not be done; the program must not go on then.
  static func drop(to user: User?, keeping kept: CapabilitySet) throws(CaptureError) {
    try check(isAlone(), "threads run already")
    let mayBound = CapabilitySet.effective.contains(CapabilitySet(rawValue: 1 << UInt64(CAP_SETPCAP)))
    if mayBound {
      for number in 0..<64 where kept.rawValue & 1 << UInt64(number) == 0 {
        // Numbers that the kernel does not know are refused.
        _ = wsclose_prctl(PR_CAPBSET_DROP, UInt(number))
      }
    }
    if let user {
      try check(wsclose_prctl(PR_SET_KEEPCAPS, 1) == 0, "PR_SET_KEEPCAPS")
      try check(setgroups(0, nil) == 0, "setgroups needs CAP_SETGID")
      try check(setgid(user.group) == 0, "setgid needs CAP_SETGID")
      try check(setuid(user.id) == 0, "setuid needs CAP_SETUID")
    }
    // Kernels before 4.3 have no ambient set.
    _ = wsclose_prctl(PR_CAP_AMBIENT, UInt(PR_CAP_AMBIENT_CLEAR_ALL))
    let left = kept.intersection(user == nil ? .effective : kept)
    try check(wsclose_set_capabilities(left.rawValue) == 0, "capset")
    try check(wsclose_prctl(PR_SET_NO_NEW_PRIVS, 1) == 0, "PR_SET_NO_NEW_PRIVS")
    try check(user.map { getuid() == $0.id && geteuid() == $0.id } ?? true, "setuid")
    try check(CapabilitySet.effective == left, "capset")
  }

  /// Does what follows as another user: files belong to who will write to them, and what he may not write to is known
  /// before anything is started.
  static func act(as user: User?) throws(CaptureError) {
    guard let user else { return }
    try check(isAlone(), "threads run already")
    try check(setegid(user.group) == 0, "setegid needs CAP_SETGID")
    try check(seteuid(user.id) == 0, "seteuid needs CAP_SETUID")
  }

  /// Ends what `act(as:)` began.
  static func actAsBefore(_ user: User?) throws(CaptureError) {
    guard user != nil else { return }
    try check(seteuid(getuid()) == 0, "seteuid")
    try check(setegid(getgid()) == 0, "setegid")
  }

  /// Whether no other thread runs. One that has ended, and was waited for, is on the kernel's list a moment longer.
  private static func isAlone() -> Bool {
    for _ in 0..<1000 {
      if threads == 1 { return true }
      usleep(1000)
    }
    return false
  }

  private static var threads: Int {
    guard let folder = unsafe opendir("/proc/self/task") else { return 1 }
    defer { unsafe closedir(folder) }
    var count = 0
    // SAFETY: the folder is open; the entry is valid until the next one is read.
    while let entry = unsafe readdir(folder) {
      if unsafe entry.pointee.d_name.0 != CChar(bitPattern: UInt8(ascii: ".")) { count += 1 }
    }
    return count
  }

  private static func check(_ isDone: Bool, _ step: String) throws(CaptureError) {
    guard !isDone else { return }
    let reason = unsafe String(cString: strerror(errno)).lowercased()
    throw CaptureError(
      source: "privileges", problem: "cannot be given up (\(step): \(reason))",
      advice: "start wsclose as the user it is to be, with the capabilities that it needs")
  }
}
