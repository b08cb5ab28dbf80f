/// Finds which files are parts of one capture that was rotated. Names tell first (`RotatedName`), and where they leave it
/// open whether there was a rotation, that a file begins when another one ends.
///
/// Then times: parts do not overlap. A reader that comes to a file which does ends the capture there.
package enum RotatedFiles {
  /// Files that may be parts of one capture by their names.
  private struct Family {
    var paths: [String]
    /// Whether the names say that they are.
    var isProven: Bool
  }
  private struct FamilyKey: Hashable {
    var stem: String
    /// Files that are called the same but for their compression are copies, and no parts of one capture.
    var copy: Int
  }
  private typealias Part = (path: String, time: Timestamp)

  /// Puts together what may be one capture.
  ///
  /// - Parameters:
  ///   - paths: in the order in which they were given.
  ///   - isStopped: becomes true when the user wants no more to be read.
  /// - Returns: the paths of each capture, parts in the order of their first packets; captures in the order of
  ///   the first of their paths.
  package static func captures(
    _ paths: [String], isStopped: @escaping @Sendable () -> Bool = { false }
  ) -> [[String]] {
    // The usual case: even tables of names take longer to make than a file to open.
    guard paths.count > 1 else { return paths.map { [$0] } }
    return families(of: paths).flatMap { family in
      guard family.paths.count > 1 else { return [family.paths] }
      let (parts, others) = ordered(family.paths)
      let captures = family.isProven ? [parts] : chains(parts, isStopped)
      return captures.filter { !$0.isEmpty }.map { $0.map(\.path) } + others.map { [$0] }
    }
  }

  private static func families(of paths: [String]) -> [Family] {
    var families: [Family] = []
    var places: [FamilyKey: Int] = [:]
    var copies: [String: Int] = [:]
    for path in paths {
      guard path != "-", let name = RotatedName(path) else {
        families.append(Family(paths: [path], isProven: false))
        continue
      }
      let key = FamilyKey(stem: name.stem, copy: copies[name.bare, default: 0])
      copies[name.bare] = key.copy + 1
      if let place = places[key] {
        families[place].paths.append(path)
        families[place].isProven = families[place].isProven || name.isProof
      } else {
        places[key] = families.count
        families.append(Family(paths: [path], isProven: name.isProof))
      }
    }
    return families
  }

  /// By first packets; what has none stands alone.
  private static func ordered(_ paths: [String]) -> (parts: [Part], others: [String]) {
    var parts: [Part] = []
    var others: [String] = []
    for path in paths {
      if let time = firstPacket(of: path) { parts.append((path, time)) } else { others.append(path) }
    }
    let sorted = parts.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
    return (sorted.map(\.element), others)
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

  // MARK: Without a name that proves it

  /// tcpdump begins a part with the packet that has no room in the one before.
  private static let longestPause = 1.0

  /// Puts together the parts of which one begins when the other ends.
  private static func chains(_ parts: [Part], _ isStopped: @escaping @Sendable () -> Bool) -> [[Part]] {
    var chains: [[Part]] = []
    for part in parts {
      if let last = chains.last?.last, ends(last.path, at: part.time, isStopped) {
        chains[chains.count - 1].append(part)
      } else {
        chains.append([part])
      }
    }
    return chains
  }

  /// Reads all of a file for it, unless it goes on for longer.
  private static func ends(
    _ path: String, at time: Timestamp, _ isStopped: @escaping @Sendable () -> Bool
  ) -> Bool {
    var source = CaptureSource(path: path)
    source.isStopped = isStopped
    guard var file = try? source.open(0) else { return false }
    var span: CaptureSpan?
    while let packet = try? file.next() {
      span = span?.extended(to: packet.time) ?? CaptureSpan(packet.time)
      if let span, span.last.seconds(since: time) > CaptureSpan.orderSlack { return false }
    }
    guard let span else { return false }
    return span.mayPrecede(time) && time.seconds(since: span.last) < longestPause
  }
}
