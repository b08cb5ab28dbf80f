/// How an interface is listened to.
package struct LiveOptions: Hashable, Sendable {
  /// A BPF filter as in pcap-filter(7); the kernel applies it.
  package var filter: String?
  /// Bytes captured of each packet.
  package var snapshotLength: Int32 = 262_144
  /// Bytes of the ring that the kernel fills, for each interface of the program's own namespace.
  package var bufferSize: Int32 = 32 << 20
  /// Whether to see what is for other machines.
  package var isPromiscuous = false

  package init() {}

  /// Of each pod's ring: a node has a hundred of them, and the kernel's memory is the node's.
  static let maxPodBufferSize: Int32 = 4 << 20

  /// Milliseconds after which the kernel hands over what it has: packets come in blocks (TPACKET_V3).
  static let timeout: Int32 = 100
}
