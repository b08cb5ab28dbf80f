/// What a live capture has counted so far.
package struct LiveStatistics: Hashable, Sendable {
  /// One interface.
  package struct Interface: Hashable, Sendable {
    /// `eth0`; in another namespace `any@` and the pod or the path.
    package var name: String
    package var isOpen: Bool
    package var packets: UInt64
    /// Packets that the kernel dropped because its ring was full.
    package var kernelDrops: UInt64
    /// Packets that the network card or its driver dropped.
    package var interfaceDrops: UInt64
  }
  package var interfaces: [Interface] = []
  /// Those of interfaces that are gone, and not in `interfaces` any more.
  package var formerDrops: UInt64 = 0

  package var drops: UInt64 { interfaces.reduce(formerDrops) { $0 &+ $1.kernelDrops &+ $1.interfaceDrops } }
}
