/// Takes what a capture holds, packet by packet.
package protocol SegmentSink {
  /// Takes a TCP segment; `frame` is the packet in which `segment.payload` lies.
  mutating func receive(_ segment: TCPSegment, in frame: Span<UInt8>)
  /// Takes a TLS key log that the capture brings along, in front of the packets that it is for.
  mutating func receive(secrets: [UInt8])
  /// Takes the names of the capture's interfaces, by the numbers that segments carry, when more are known.
  mutating func receive(interfaceNames: [UInt32: String])
  /// Told now and then.
  mutating func receive(progress: CaptureProgress)
  /// Takes the pods in which interfaces are, by the same numbers, when more are known.
  mutating func receive(pods: [UInt32: PodName])
  /// Takes what a live capture tells besides.
  mutating func receive(_ notice: CaptureNotice)
}

extension SegmentSink {
  package mutating func receive(secrets: [UInt8]) {}
  package mutating func receive(interfaceNames: [UInt32: String]) {}
  package mutating func receive(progress: CaptureProgress) {}
  package mutating func receive(pods: [UInt32: PodName]) {}
  package mutating func receive(_ notice: CaptureNotice) {}
}
