/// Which sidecars' namespaces are captured, as their pods come and go.
struct FollowedPods {
  private struct Pod {
    var realm: UInt16
    /// Looks in a row at which no sidecar was there: proxies are restarted inside of pods.
    var absences = 0
  }
  private var pods: [FileStatus.Identity: Pod] = [:]
  /// Those that could not be opened, and of which that was told.
  private var failed: Set<FileStatus.Identity> = []
  private static let maxAbsences = 3

  /// Takes what was found at one look.
  ///
  /// - Returns: what is new, and the namespaces that are over.
  mutating func update(_ found: [Sidecars.Place]) -> (new: [Sidecars.Place], over: [UInt16]) {
    let seen = Set(found.map(\.identity))
    var over: [UInt16] = []
    for (identity, pod) in pods {
      let absences = seen.contains(identity) ? 0 : pod.absences + 1
      pods[identity]?.absences = absences
      guard absences >= Self.maxAbsences else { continue }
      pods[identity] = nil
      over.append(pod.realm)
    }
    failed.formIntersection(seen)
    return (found.filter { pods[$0.identity] == nil }, over)
  }

  mutating func follow(_ place: Sidecars.Place, realm: UInt16) {
    pods[place.identity] = Pod(realm: realm)
    failed.remove(place.identity)
  }

  /// - Returns: whether it is the first time.
  mutating func noteFailure(of place: Sidecars.Place) -> Bool { failed.insert(place.identity).inserted }
}
