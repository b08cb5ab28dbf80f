extension LiveCapture {
  /// Opens what was asked for by name.
  mutating func openNamed() throws(CaptureError) {
    for interface in source.interfaces {
      taps.append(try LiveTap(interface, namespace: nil, realm: 0, source.options))
    }
    var known: Set<FileStatus.Identity> = []
    for path in source.namespaces {
      let namespace = try NetworkNamespace(path: path)
      guard known.insert(namespace.identity).inserted else { continue }
      let isOwn = namespace.identity == NetworkNamespace.own
      let realm = isOwn ? 0 : realms.take() ?? 0
      for interface in source.namespaceInterfaces {
        taps.append(
          try LiveTap(interface, namespace: isOwn ? nil : namespace, realm: realm, source.options))
      }
    }
  }

  /// Looks for sidecars: opens what is new, and ends what is over.
  mutating func followSidecars(_ now: Int64) {
    guard source.followsSidecars, now - lastLook >= Self.lookInterval else { return }
    lastLook = now
    guard let found = Sidecars.find() else { return }
    nameTaps(found)
    let (new, over) = pods.update(found)
    for realm in over {
      for index in taps.indices where taps[index].realm == realm { taps[index].end() }
    }
    for place in new {
      do throws(CaptureError) { try follow(place) } catch {
        if pods.noteFailure(of: place) { source.tell(error) }
      }
    }
  }

  /// Names the pods of namespaces that were captured before it was known whose they are: they were named by their paths, or
  /// the process that tells was started later.
  private mutating func nameTaps(_ places: [Sidecars.Place]) {
    for index in taps.indices where taps[index].pod == nil {
      guard let identity = taps[index].namespace?.identity,
        let pod = places.first(where: { $0.identity == identity })?.pod
      else { continue }
      taps[index].pod = pod
      table.name(realm: taps[index].realm, pod)
    }
  }

  private mutating func follow(_ place: Sidecars.Place) throws(CaptureError) {
    let namespace = try NetworkNamespace(path: place.path)
    // The process may have ended meanwhile, and its number stand for another.
    guard namespace.identity == place.identity else { return }
    // One of those that were named is captured already.
    guard !taps.contains(where: { $0.namespace?.identity == place.identity && !$0.isEnding }) else { return }
    guard let realm = realms.take() else {
      throw CaptureError(source: place.path, problem: "too many namespaces", advice: "start fewer pods")
    }
    var options = source.options
    options.bufferSize = min(options.bufferSize, LiveOptions.maxPodBufferSize)
    do throws(CaptureError) {
      taps.append(
        try LiveTap("any", namespace: namespace, realm: realm, pod: place.pod, options))
      pods.follow(place, realm: realm)
    } catch {
      realms.end(realm, at: 0)
      throw error
    }
  }

  /// Takes out the interfaces of namespaces that are over, when all that was captured of them was handed on.
  mutating func removeEnded(_ now: Int64, _ sink: inout some SegmentSink) {
    for index in taps.indices.reversed() where taps[index].isEnding && taps[index].queue.isEmpty {
      let tap = taps.remove(at: index)
      formerDrops &+= tap.drops
      realms.end(tap.realm, at: now)
      sink.receive(.ended(realm: tap.realm))
    }
    for realm in realms.takeForgotten(at: now) { table.forget(realm: realm) }
  }
}
