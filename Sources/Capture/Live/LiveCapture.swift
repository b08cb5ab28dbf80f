import Glibc

/// Turns what passes on interfaces into TCP segments, as `CaptureReader` does it with what is in a file.
///
/// The whole run is one capture, with one count of packets. Of one interface packets are handed on as they lie in the
/// kernel's ring; those of several are copied and merged by their times, since the order of packets tells what came
/// before what. They are copied also where key logs are followed: then they have to wait.
package struct LiveCapture {
  let source: LiveSource
  var taps: [LiveTap] = []
  private var intake: PacketIntake
  var table = InterfaceTable()
  var realms = Realms()
  var pods = FollowedPods()
  private var clock = LiveClock()
  private var lastTick: Int64 = 0
  private var lastDropCheck: Int64 = 0
  var formerDrops: UInt64 = 0
  var lastLook: Int64
  /// Whether the last round left packets in a ring.
  private var isBehind = false

  /// Packets of one interface that are read at once.
  private static let batch: Int32 = 1024
  /// How long packets wait for earlier ones of other interfaces: the kernel keeps them up to its timeout, and a little.
  static let hold = Int64(LiveOptions.timeout) * 1_000_000 + 100_000_000
  /// How long they wait at most. While a full ring is being emptied, what it holds is earlier for seconds.
  static let maxHold = 10 * SteadyTime.second
  /// Bytes that wait so; beyond it the earliest wait no longer.
  static let maxHeldBytes = 64 << 20
  /// More may come faster than it is read.
  private static let maxLastRounds = 1024
  static let lookInterval = 2 * SteadyTime.second
  private static let tickInterval = SteadyTime.second / 4
  private static let dropInterval = SteadyTime.second / 20

  /// Opens all interfaces.
  ///
  /// - Throws: if one cannot be opened, or the filter does not compile.
  package init(_ source: LiveSource) throws(CaptureError) {
    self.source = source
    intake = PacketIntake(options: source.decoding, ring: source.ring)
    lastLook = SteadyTime.now - Self.lookInterval
    try openNamed()
    followSidecars(SteadyTime.now)
  }

  package var statistics: CaptureStatistics {
    var statistics = intake.statistics
    statistics.dropped = live.drops
    return statistics
  }

  package var live: LiveStatistics {
    LiveStatistics(
      interfaces: taps.map { tap in
        LiveStatistics.Interface(
          name: tap.name, isOpen: tap.handle != nil, packets: tap.packets,
          kernelDrops: tap.kernelDrops.total, interfaceDrops: tap.interfaceDrops.total)
      }, formerDrops: formerDrops)
  }

  // MARK: Reading

  /// One round: waits for packets, a quarter of a second at most, and hands on what there is.
  package mutating func step(into sink: inout some SegmentSink) {
    wait()
    let now = SteadyTime.now
    takeSecrets(into: &sink)
    checkDrops(now, &sink)
    let isDirect = taps.count == 1 && taps[0].queue.isEmpty && source.newSecrets == nil
    isBehind = false
    for index in taps.indices where taps[index].isReadable {
      let count = isDirect ? hand(index, now, &sink) : copy(index, now)
      if count == Int(Self.batch) { isBehind = true }
    }
    if !isDirect { release(now, &sink) }
    removeEnded(now, &sink)
    reopen(now, &sink)
    followSidecars(now)
    tick(now, &sink)
  }

  /// Whether as many packets have come as were wanted.
  package var isOver: Bool { intake.statistics.packets >= source.maxPackets }

  /// Hands on what has been captured up to now: the capture ends.
  package mutating func finish(into sink: inout some SegmentSink) {
    // The kernel keeps the last block back until it is full or old.
    usleep(UInt32(LiveOptions.timeout) * 1000 + 20_000)
    takeSecrets(into: &sink)
    checkDrops(SteadyTime.now, &sink, isDue: true)
    for _ in 0..<Self.maxLastRounds {
      let now = SteadyTime.now
      let counts = taps.indices.map { copy($0, now) }
      release(now, &sink)
      if !counts.contains(Int(Self.batch)) { break }
    }
    release(.max, &sink)
    for tap in taps where tap.handle == nil && !tap.isEnding {
      sink.receive(.outage(realm: tap.realm, place))
    }
    intake.finish()
  }

  private func takeSecrets(into sink: inout some SegmentSink) {
    if let secrets = source.newSecrets?(), !secrets.isEmpty { sink.receive(secrets: secrets) }
  }

  private mutating func wait() {
    var places = taps.map { pollfd(fd: $0.handle?.descriptor ?? -1, events: Int16(POLLIN), revents: 0) }
    let isWaiting = taps.contains { !$0.queue.isEmpty }
    // SAFETY: the array outlives the call.
    let count = unsafe poll(&places, nfds_t(places.count), isBehind ? 0 : isWaiting ? 20 : 250)
    for index in taps.indices { taps[index].isReadable = count > 0 && places[index].revents != 0 }
  }

  private mutating func hand(_ index: Int, _ now: Int64, _ sink: inout some SegmentSink) -> Int {
    guard let handle = taps[index].handle else { return 0 }
    do throws(LiveHandle.Failure) {
      let count = try handle.read(upTo: Self.batch) { frame, wireLength, time in
        take(frame, wireLength, time, index, now, &sink)
      }
      return count
    } catch {
      lose(index, error, now)
      return 0
    }
  }

  private mutating func copy(_ index: Int, _ now: Int64) -> Int {
    guard let handle = taps[index].handle else { return 0 }
    var batch = taps[index].queue.takeSpare()
    batch.arrival = now
    var count = 0
    do throws(LiveHandle.Failure) {
      count = try handle.read(upTo: Self.batch, into: &batch)
    } catch {
      lose(index, error, now)
    }
    taps[index].queue.append(batch)
    return count
  }

  mutating func take(
    _ frame: Span<UInt8>, _ wireLength: Int, _ time: Timestamp, _ index: Int, _ now: Int64,
    _ sink: inout some SegmentSink
  ) {
    guard !isOver else { return }
    taps[index].countPacket()
    let number = taps[index].number(of: frame, in: &table)
    if table.isNew { tellInterfaces(&sink) }
    let packet = PacketReference(number: intake.statistics.packets + 1, time: time)
    let linkType = taps[index].linkType
    intake.count(packet, wireLength: wireLength, capturedLength: frame.count)
    _ = intake.statistics.isNew(linkType)
    clock.note(time, at: now)
    intake.take(
      frame, wireLength: wireLength, as: linkType, packet: packet, interface: number,
      realm: taps[index].realm, into: &sink)
  }

  private mutating func tellInterfaces(_ sink: inout some SegmentSink) {
    table.noteTold()
    intake.statistics.interfaceNames = table.names
    intake.statistics.pods = table.pods
    sink.receive(interfaceNames: table.names)
    sink.receive(pods: table.pods)
  }

  // MARK: Interfaces

  private mutating func lose(_ index: Int, _ failure: LiveHandle.Failure, _ now: Int64) {
    guard case .gone(let reason) = failure else { return }
    // A namespace can be entered again by who has kept the right to.
    let advice =
      taps[index].hasOtherNamespace
      ? "start wsclose anew to capture there" : "wsclose goes on when it is back"
    taps[index].close(at: now)
    source.tell(CaptureError(source: taps[index].name, problem: reason.lowercased(), advice: advice))
  }

  private mutating func reopen(_ now: Int64, _ sink: inout some SegmentSink) {
    for index in taps.indices where taps[index].reopen(at: now) {
      sink.receive(.outage(realm: taps[index].realm, place))
      source.tell(
        CaptureError(source: taps[index].name, problem: "is back", advice: "packets are captured again"))
    }
  }

  /// Told before the packets are read that may have been captured after the drops.
  private mutating func checkDrops(_ now: Int64, _ sink: inout some SegmentSink, isDue: Bool = false) {
    guard isDue || now - lastDropCheck >= Self.dropInterval else { return }
    lastDropCheck = now
    for index in taps.indices {
      let count = taps[index].takeDrops()
      guard count > 0 else { continue }
      sink.receive(.dropped(count: count, realm: taps[index].realm, place))
    }
  }

  /// Where the capture is now.
  private var place: PacketReference {
    var time = timespec()
    // SAFETY: `time` outlives the call.
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return PacketReference(
      number: intake.statistics.packets,
      time: Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int64(time.tv_nsec)))
  }

  private mutating func tick(_ now: Int64, _ sink: inout some SegmentSink) {
    guard now - lastTick >= Self.tickInterval else { return }
    lastTick = now
    for index in taps.indices {
      if let removal = taps[index].removal() { lose(index, .gone(removal), now) }
    }
    let isIdle = !isBehind && taps.allSatisfy { !$0.isReadable && $0.queue.isEmpty }
    if let notice = clock.tick(at: now, isIdle: isIdle) { sink.receive(notice) }
  }
}
