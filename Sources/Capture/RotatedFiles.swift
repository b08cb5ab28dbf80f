/// Finds which files are parts of one capture that was rotated. Names tell first: those of tcpdump's `-C` and `-W` end in a
/// number (`cap cap1 cap2`, `cap.pcap00 cap.pcap01`), those of its `-G` and of dumpcap's `-b` hold a time
/// (`cap-20260101120000.pcap`, `cap_00001_20260101120000.pcapng`). `pod1.pcap` and `pod2.pcap` are captures of two pods.
///
/// Then times: parts do not overlap. A reader that comes to a file which does ends the capture there.
package enum RotatedFiles {
  /// Puts together what may be one capture.
  ///
  /// - Parameter paths: in the order in which they were given.
  /// - Returns: the paths of each capture, parts in the order of their first packets; captures in the order of
  ///   the first of their paths.
  package static func captures(_ paths: [String]) -> [[String]] {
    guard paths.count > 1 else { return paths.map { [$0] } }
    var families: [[String]] = []
    var places: [String: Int] = [:]
    for path in paths {
      guard path != "-", let stem = stem(of: path) else {
        families.append([path])
        continue
      }
      if let place = places[stem] {
        families[place].append(path)
      } else {
        places[stem] = families.count
        families.append([path])
      }
    }
    return families.flatMap { $0.count == 1 ? [$0] : ordered($0) }
  }

  /// What the names of the parts have in common; `nil` for a name that is not one of a part.
  static func stem(of path: String) -> String? {
    let name = path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
    let folder = path.prefix(path.count - name.count)
    let compressed = [".gz", ".zst"].first { name.hasSuffix($0) } ?? ""
    let bare = name.dropLast(compressed.count)
    if holdsTime(bare) { return folder + String(bare.map { isDigit($0) ? "0" : $0 }) + compressed }
    let stem = bare.reversed().drop { isDigit($0) }.reversed()
    return stem.isEmpty ? nil : folder + String(stem) + compressed
  }

  private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }

  /// Six digits or more in a row, or a year that other numbers follow.
  private static func holdsTime(_ name: Substring) -> Bool {
    let numbers = name.split { !isDigit($0) }
    if numbers.contains(where: { $0.count >= 6 }) { return true }
    let year = numbers.firstIndex { $0.count == 4 && ($0.hasPrefix("19") || $0.hasPrefix("20")) }
    return year.map { numbers.count > $0 + 2 } ?? false
  }

  /// By first packets; what has none stands alone.
  private static func ordered(_ paths: [String]) -> [[String]] {
    var timed: [(path: String, time: Timestamp)] = []
    var others: [[String]] = []
    for path in paths {
      if let time = firstPacket(of: path) { timed.append((path, time)) } else { others.append([path]) }
    }
    let sorted = timed.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
    return (sorted.isEmpty ? [] : [sorted.map(\.element.path)]) + others
  }

  private static func firstPacket(of path: String) -> Timestamp? {
    // What comes through a pipe can be read only once.
    guard FileStatus(path: path)?.isRegular == true else { return nil }
    do throws(CaptureError) {
      var file = try CaptureSource(path: path).open(0)
      return try file.next()?.time
    } catch {
      return nil
    }
  }
}
