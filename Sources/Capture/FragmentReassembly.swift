/// Puts the fragments of IP packets together (RFC 791 §3.2, RFC 8200 §4.5), within limits: what is oldest is given
/// up first.
struct FragmentReassembly {
  /// What fragments of one packet have in common. Those of different tunnels and namespaces never meet.
  struct Key: Hashable {
    var source: IPAddress
    var destination: IPAddress
    var identification: UInt32
    /// Of IPv4; those of IPv6 may differ in it.
    var `protocol`: IPProtocol?
    var encapsulation: Encapsulation?
    var realm: UInt16
  }

  /// A packet that is whole again.
  struct Datagram {
    /// As far as the capture holds them.
    var bytes: [UInt8]
    /// On the wire.
    var length: Int
    var `protocol`: IPProtocol
    /// Captured packets that it came in.
    var packets: UInt64
    /// Its fragments came so far apart that they may be those of two packets: in the 16 bits of IPv4 an
    /// identification comes back in a fraction of a second (RFC 4963 §1).
    var isDoubtful: Bool
  }

  private struct Entry {
    var datagram: FragmentedDatagram
    var begun: Timestamp
    var packets: UInt64 = 0
    /// Nothing can come of it: what belongs to it is passed over.
    var isGivenUp = false
    var older: Key?
    var newer: Key?
  }

  /// Fragments of one packet leave together, and an identification is not used again this soon.
  private static let certainDelay = 0.1

  private let options: DecodeOptions
  private var entries: [Key: Entry] = [:]
  private var oldest: Key?
  private var newest: Key?
  private var cost = 0
  private var recent = RecentDatagrams()
  private(set) var statistics = FragmentStatistics()
  /// Captured packets whose fragments came to nothing.
  private(set) var lostPackets: UInt64 = 0

  init(options: DecodeOptions) { self.options = options }

  /// Takes one more fragment.
  ///
  /// - Parameters:
  ///   - captured: what the capture holds of its bytes.
  ///   - length: bytes that it had on the wire.
  ///   - packets: how many captured packets it came in; more than one if it was itself carried in fragments.
  /// - Returns: the packet, if the fragment completed it.
  /// - Throws: `.fragment` if nothing can follow it: only the last one's length may be no multiple of 8.
  mutating func add(
    _ fragment: IPFragment, of key: Key, _ captured: Span<UInt8>, length: Int, protocol number: IPProtocol,
    packets: UInt64, at time: Timestamp
  ) throws(SkipReason) -> Datagram? {
    guard length > 0, fragment.isLast || length.isMultiple(of: 8) else { throw .fragment }
    expire(at: time)
    let range = fragment.offset..<fragment.offset + length
    if entries[key] == nil {
      if recent.hasCopy(of: range, key, at: time) { return nil }
      append(key, Entry(datagram: FragmentedDatagram(), begun: time))
    }
    let before = entries[key]?.datagram.cost ?? 0
    guard var entry = entries.removeValue(forKey: key) else { return nil }
    // Changed in place, with nobody else holding it.
    entry.packets += packets
    let isUsable = !entry.isGivenUp && use(fragment, captured, length: length, number, &entry)
    if isUsable, entry.datagram.isComplete, let number = entry.datagram.protocol {
      entries[key] = entry
      remove(key, costing: before)
      return finish(entry, key, number, at: time)
    }
    if !isUsable {
      lostPackets += entry.packets
      entry.packets = 0
      entry.isGivenUp = true
      entry.datagram = FragmentedDatagram()
    }
    cost += entry.datagram.cost - before
    entries[key] = entry
    // An identification of IPv4 is soon used again.
    if entry.isGivenUp, !fragment.isIPv6 { giveUp(key) }
    shed()
    return nil
  }

  /// Gives up all that is incomplete: nothing more will come.
  mutating func finish() {
    while let key = oldest { giveUp(key) }
  }

  private mutating func use(
    _ fragment: IPFragment, _ captured: Span<UInt8>, length: Int, _ number: IPProtocol, _ entry: inout Entry
  ) -> Bool {
    let fit = entry.datagram.add(
      fragment, captured, length: length, of: number, keepsOverlap: !fragment.isIPv6)
    if fit == .overlap { statistics.overlaps += 1 }
    if entry.datagram.pieceCount > options.limits.maxFragmentsPerDatagram {
      statistics.limitHits += 1
      return false
    }
    // RFC 5722 §4: an IPv6 packet with overlapping fragments is dropped, with those to come.
    return fit != .contradiction && !(fit == .overlap && fragment.isIPv6)
  }

  private mutating func finish(
    _ entry: Entry, _ key: Key, _ number: IPProtocol, at time: Timestamp
  ) -> Datagram {
    statistics.datagrams += 1
    recent.add(key, entry.datagram.bounds, at: time)
    let content = entry.datagram.content
    return Datagram(
      bytes: content.bytes, length: content.length, protocol: number, packets: entry.packets,
      isDoubtful: abs(time.seconds(since: entry.begun)) > Self.certainDelay)
  }

  // MARK: Age

  private mutating func expire(at time: Timestamp) {
    while let key = oldest, let entry = entries[key],
      time >= entry.begun.advanced(bySeconds: options.limits.fragmentTimeout)
    {
      giveUp(key)
    }
  }

  private mutating func shed() {
    while let key = oldest,
      entries.count > options.limits.maxFragmentedDatagrams || cost > options.limits.maxFragmentBytes
    {
      statistics.limitHits += 1
      giveUp(key)
    }
  }

  private mutating func giveUp(_ key: Key) {
    guard let entry = entries[key] else { return }
    lostPackets += entry.packets
    remove(key, costing: entry.datagram.cost)
  }

  private mutating func append(_ key: Key, _ entry: Entry) {
    var entry = entry
    entry.older = newest
    if let newest { entries[newest]?.newer = key } else { oldest = key }
    newest = key
    cost += entry.datagram.cost
    entries[key] = entry
  }

  private mutating func remove(_ key: Key, costing amount: Int) {
    guard let entry = entries.removeValue(forKey: key) else { return }
    cost -= amount
    if let older = entry.older { entries[older]?.newer = entry.newer } else { oldest = entry.newer }
    if let newer = entry.newer { entries[newer]?.older = entry.older } else { newest = entry.older }
  }
}
