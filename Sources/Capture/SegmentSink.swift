/// Takes what a capture holds, packet by packet.
package protocol SegmentSink {
  /// Takes a TCP segment; `frame` is the packet in which `segment.payload` lies.
  mutating func receive(_ segment: TCPSegment, in frame: Span<UInt8>)
  /// Takes a TLS key log that the capture brings along, in front of the packets that it is for.
  mutating func receive(secrets: [UInt8])
}

extension SegmentSink {
  package mutating func receive(secrets: [UInt8]) {}
}
