/// What to capture live, and how.
package struct LiveSource {
  /// Interfaces of this program's own namespace.
  package var interfaces: [String] = []
  /// Paths of network namespaces, and the interfaces in each of them.
  package var namespaces: [String] = []
  package var namespaceInterfaces = ["any"]
  /// Whether to capture in the namespace of every Envoy sidecar that runs on this machine.
  package var followsSidecars = false
  package var options = LiveOptions()
  /// How packets are read.
  package var decoding = DecodeOptions()
  /// Packets after which the capture is over.
  package var maxPackets = UInt64.max
  /// Gets every packet that carries TCP.
  package var ring: PacketRing?
  /// Gives the lines that were added to key logs since it was asked last. Packets wait for them for a moment: programs write
  /// secrets when the handshake that they are for has gone over the wire.
  package var newSecrets: (() -> [UInt8])?
  /// Gets what a person should know, one line each: an interface is gone, or back.
  package var tell: (CaptureError) -> Void = { _ in }

  package init() {}

  /// What reports call the whole of it.
  package var name: String {
    (interfaces + namespaces + (followsSidecars ? ["sidecars"] : [])).joined(separator: ",")
  }

  /// The interfaces that can be captured.
  package static func availableInterfaces() throws(CaptureError) -> [InterfaceDescription] {
    try LiveHandle.interfaces()
  }
}
