/// The network namespaces in which Envoy sidecars run, as /proc shows them.
struct Sidecars {
  /// A namespace with a sidecar, most often a pod's.
  struct Place: Hashable {
    var identity: FileStatus.Identity
    /// A path to it, as long as the process lives.
    var path: String
    var pod: PodName?
  }

  private static let names: Set<String> = ["envoy", "pilot-agent"]
  /// Linux allows longer ones; proxies of pods have a few KiB.
  private static let maxEnvironment = 1 << 20

  /// All of them but this program's own, each once; `nil` if /proc cannot be read, as where files may not be opened any
  /// more.
  static func find() -> [Place]? {
    guard let own = NetworkNamespace.own, let processes = ProcFile.processes else { return nil }
    var found: [FileStatus.Identity: Place] = [:]
    for process in processes where isSidecar(process) {
      let path = "/proc/\(process)/ns/net"
      guard let identity = FileStatus(path: path)?.identity, identity != own,
        found[identity]?.pod == nil
      else { continue }
      let environment = ProcFile.bytes(of: "/proc/\(process)/environ", limit: maxEnvironment) ?? []
      found[identity] = Place(identity: identity, path: path, pod: PodName(environment: environment))
    }
    return found.values.sorted { $0.path < $1.path }
  }

  private static func isSidecar(_ process: Int32) -> Bool {
    let line = ProcFile.bytes(of: "/proc/\(process)/comm", limit: 64) ?? []
    if names.contains(String(decoding: line.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)) {
      return true
    }
    return ProcFile.linkName(of: "/proc/\(process)/exe").map(names.contains) ?? false
  }
}
