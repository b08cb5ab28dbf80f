/// Takes what a capture tells besides its packets.
package protocol CaptureSink {
  /// Whether it wants to be told of blocks.
  static var keepsBlocks: Bool { get }
  /// Takes the bytes in which the packets that follow lie.
  mutating func receive(_ block: CaptureBlock)
  /// Takes a TLS key log that the capture brings along, in front of the packets that it is for.
  mutating func receive(secrets: [UInt8])
  /// Takes the names of the capture's interfaces, by the numbers that segments carry, when more are known: of a file those
  /// that are new, for there may be many; of a live capture all, for there they change and go.
  mutating func receive(interfaceNames: [UInt32: String])
  /// Told now and then.
  mutating func receive(progress: CaptureProgress)
  /// Takes the pods in which interfaces are, by the same numbers, when more are known.
  mutating func receive(pods: [UInt32: PodName])
}

extension CaptureSink {
  package static var keepsBlocks: Bool { false }
  package mutating func receive(_ block: CaptureBlock) {}
  package mutating func receive(secrets: [UInt8]) {}
  package mutating func receive(interfaceNames: [UInt32: String]) {}
  package mutating func receive(progress: CaptureProgress) {}
  package mutating func receive(pods: [UInt32: PodName]) {}
}

/// Takes what a capture holds, packet by packet.
package protocol SegmentSink: CaptureSink {
  /// Takes a TCP segment; `frame` is the packet in which `segment.payload` lies.
  mutating func receive(_ segment: TCPSegment, in frame: Span<UInt8>)
  /// Takes what the capture tells besides.
  mutating func receive(_ notice: CaptureNotice)
}

extension SegmentSink {
  package mutating func receive(_ notice: CaptureNotice) {}
}
