/// What to do about a pcapng capture whose interfaces differ: libpcap reads one link type and one snapshot
/// length a file. The commands are Wireshark's.
enum InterfaceAdvice {
  /// - Parameters:
  ///   - message: what libpcap says of the interface that differs from the first.
  ///   - datalink: the first interface's link type.
  ///   - path: the capture, as it was given.
  /// - Returns: `nil` if the message is about something else.
  static func text(message: String, datalink: Int32, path: String) -> String? {
    let file = path == "-" ? "FILE" : quoted(path)
    if message.contains("different from the snapshot length of the first interface") {
      return "libpcap reads one snapshot length a file: editcap -F pcap \(file) whole.pcap makes it one"
    }
    guard message.contains("different from the type of the first interface") else { return nil }
    let other = message.split(separator: " ").lazy.compactMap { Int32($0) }.first
    let parts = [datalink, other].compactMap { $0.flatMap { encapsulations[$0] } }
    guard !parts.isEmpty else { return "libpcap reads one link type a file" }
    let commands = parts.enumerated().map { index, part in
      "tshark -r \(file) -Y frame.encap_type==\(part.number) -w - | editcap -F pcap -T \(part.name) -"
        + " part\(index + 1).pcap"
    }
    return "libpcap reads one link type a file: split it with \(commands.joined(separator: " && "))"
  }

  /// Wireshark's numbers and names for link types, by libpcap's number.
  private static let encapsulations: [Int32: (number: Int, name: String)] = [
    0: (15, "null"), 1: (1, "ether"), 12: (7, "rawip"), 14: (7, "rawip"), 101: (7, "rawip"),
    108: (174, "loop"), 113: (25, "linux-sll"), 228: (129, "rawip4"), 229: (130, "rawip6"),
    276: (210, "linux-sll2"),
  ]

  /// As a shell reads it back.
  private static func quoted(_ path: String) -> String {
    let isPlain = path.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "/._-+:@%,=".utf8.contains(byte)
      }
    }
    return isPlain && !path.isEmpty ? path : "'" + path.replacing("'", with: "'\\''") + "'"
  }
}
