import Capture

/// When a live capture missed packets, and in which namespace, so that a leg can be told what it may lack.
struct CaptureDrops {
  private struct Entry {
    /// `nil` if several namespaces are meant.
    var realm: UInt16?
    var missed: MissedPackets
    /// What has a later time and a higher number was captured after the drops.
    var place: PacketReference
  }
  private var entries: [Entry] = []
  private static let maxEntries = 1024

  var isEmpty: Bool { entries.isEmpty }

  mutating func add(_ missed: MissedPackets, realm: UInt16, _ place: PacketReference) {
    entries.append(Entry(realm: realm, missed: missed, place: place))
    if entries.count >= Self.maxEntries { coarsen() }
  }

  /// What may have been missed of a namespace after a packet of it.
  func missed(in realm: UInt16, after packet: PacketReference) -> MissedPackets {
    entries.reduce(MissedPackets()) { sum, entry in
      let isBefore = packet.number > entry.place.number && packet.time > entry.place.time
      return isBefore || entry.realm != nil && entry.realm != realm ? sum : sum + entry.missed
    }
  }

  /// Joins each two of the older half: they count as if all had been dropped at the later one's place.
  private mutating func coarsen() {
    let half = Self.maxEntries / 2
    let joined = stride(from: 0, to: half, by: 2).map { index in
      let (a, b) = (entries[index], entries[index + 1])
      let place = PacketReference(
        number: max(a.place.number, b.place.number), time: max(a.place.time, b.place.time))
      return Entry(realm: a.realm == b.realm ? a.realm : nil, missed: a.missed + b.missed, place: place)
    }
    entries.replaceSubrange(..<half, with: joined)
  }
}
