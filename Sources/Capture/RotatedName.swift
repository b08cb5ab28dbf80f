/// A file's name, as that of a part of a capture that was rotated. The names of its parts differ in one place: in the
/// number that tcpdump's `-C` and `-W` put at the end (`cap cap1 cap2`, `cap.pcap00 cap.pcap01`), or in the time of its `-G`
/// and of dumpcap's `-b` (`cap-20260101120000.pcap`, `cap_00001_20260101120000.pcapng`).
struct RotatedName {
  /// What the names of the parts have in common.
  let stem: String
  /// The path without what a compressor has added to it: `tcpdump -z` compresses part by part.
  let bare: String
  /// Whether the name says that there is a rotation: it holds a time, or it is the first that tcpdump gives, without a
  /// number or with 0. `pod1` and `pod2` may be captures of two pods.
  let isProof: Bool

  private static let compressions = [".gz", ".zst", ".bz2", ".xz", ".lz4", ".Z"]

  /// - Returns: `nil` for a name that is none of a part.
  init?(_ path: String) {
    let compression = Self.compressions.first { path.hasSuffix($0) } ?? ""
    bare = String(path.dropLast(compression.count))
    let name = Array(bare[(bare.lastIndex(of: "/").map(bare.index(after:)) ?? bare.startIndex)...].utf8)
    let folder = bare.utf8.prefix(bare.utf8.count - name.count)
    let common: [UInt8]
    if let time = NameTime.place(in: name) {
      // No name has a 0 byte.
      common = name[..<time.lowerBound] + [0] + Self.withoutCounter(name[time.upperBound...])
      isProof = true
    } else {
      common = Array(name.prefix(name.count - Self.number(at: name[...]).count))
      guard !common.isEmpty else { return nil }
      isProof = Self.number(at: name[...]).allSatisfy { $0 == UInt8(ascii: "0") }
    }
    stem = String(decoding: folder + common, as: UTF8.self)
  }

  /// The digits at the end.
  private static func number(at name: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    name.suffix(from: name.lastIndex { !NameTime.isDigit($0) }.map { $0 + 1 } ?? name.startIndex)
  }

  /// `-C` together with `-G` puts a number behind the extension.
  private static func withoutCounter(_ rest: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    rest.first == UInt8(ascii: ".") ? rest.dropLast(number(at: rest).count) : rest
  }
}
