/// The control bits of a TCP header (RFC 9293 §3.1). Other stages look at them with every packet: so they can be inlined.
@usableFromInline @frozen package struct TCPFlags: OptionSet, Hashable, Sendable {
  @usableFromInline package let rawValue: UInt8
  @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }

  @inlinable package static var fin: TCPFlags { TCPFlags(rawValue: 0x01) }
  @inlinable package static var syn: TCPFlags { TCPFlags(rawValue: 0x02) }
  @inlinable package static var rst: TCPFlags { TCPFlags(rawValue: 0x04) }
  @inlinable package static var psh: TCPFlags { TCPFlags(rawValue: 0x08) }
  @inlinable package static var ack: TCPFlags { TCPFlags(rawValue: 0x10) }
  @inlinable package static var urg: TCPFlags { TCPFlags(rawValue: 0x20) }
}

/// What a SYN says of the scale of its sender's windows (RFC 7323 §2.2).
package enum WindowScale: Hashable, Sendable {
  /// No SYN was captured, or it was cut.
  case unknown
  /// The SYN has no such option: no window of the connection is scaled.
  case absent
  case shift(UInt8)

  /// RFC 7323 §2.3.
  package static let largestShift: UInt8 = 14
}

/// A 32-bit TCP sequence number: it wraps, so it is compared only by distance (RFC 9293 §3.4).
@usableFromInline @frozen package struct SequenceNumber: Hashable, Sendable {
  @usableFromInline package var rawValue: UInt32
  @inlinable package init(_ rawValue: UInt32) { self.rawValue = rawValue }

  @inlinable package static func == (a: Self, b: Self) -> Bool { a.rawValue == b.rawValue }

  /// How far this number lies after `other`; negative if before.
  @inlinable package func distance(from other: SequenceNumber) -> Int32 {
    Int32(bitPattern: rawValue &- other.rawValue)
  }

  @inlinable package static func + (a: SequenceNumber, bytes: UInt32) -> SequenceNumber {
    SequenceNumber(a.rawValue &+ bytes)
  }
}

/// One TCP segment as a packet of the capture shows it; its payload travels beside it.
package struct TCPSegment: Hashable, Sendable {
  package var packet: PacketReference
  package var source: Endpoint
  package var destination: Endpoint
  package var sequence: SequenceNumber
  package var acknowledgment: SequenceNumber
  package var flags: TCPFlags
  /// The receive window as the header has it, not scaled (RFC 7323 §2.2).
  package var window: UInt16
  /// The network namespace in which the packet was captured, as a live capture numbers them; 0 where there is one only.
  /// Addresses mean something within a namespace: every pod has a 127.0.0.1.
  package var realm: UInt16
  /// Payload bytes on the wire; the capture may hold fewer (snaplen).
  package var payloadLength: Int
  /// Where the payload lies in the bytes handed out with the segment; shorter than `payloadLength` if cut.
  package var payload: Range<Int>
  /// Of the captured payload; taken while its bytes are at hand, as later nobody may look at them.
  package var print: PayloadPrint
  /// The IPv4 identification: packets of one host differ in it, copies of one packet do not. 0 if unknown.
  package var identification: UInt16
  /// The sender's clock in the timestamps option (RFC 7323 §3), where it stands at its usual place; else `nil`.
  package var timestampValue: UInt32?
  /// The interface index, where the capture tells one for each packet (SLL2).
  package var interface: UInt32?
  /// Of a SYN.
  package var windowScale: WindowScale
  /// How far urgent data reaches beyond the sequence number; 0 without URG.
  package var urgentPointer: UInt16
  /// What the packet was carried in.
  package var encapsulation: Encapsulation?

  package init(
    packet: PacketReference, source: Endpoint, destination: Endpoint,
    sequence: SequenceNumber, acknowledgment: SequenceNumber, flags: TCPFlags,
    window: UInt16 = .max, realm: UInt16 = 0, payloadLength: Int, payload: Range<Int>,
    print: PayloadPrint = PayloadPrint(),
    identification: UInt16 = 0,
    timestampValue: UInt32? = nil, interface: UInt32? = nil, windowScale: WindowScale = .absent,
    urgentPointer: UInt16 = 0, encapsulation: Encapsulation? = nil
  ) {
    self.packet = packet
    self.source = source
    self.destination = destination
    self.sequence = sequence
    self.acknowledgment = acknowledgment
    self.flags = flags
    self.window = window
    self.realm = realm
    self.payloadLength = payloadLength
    self.payload = payload
    self.print = print
    self.identification = identification
    self.timestampValue = timestampValue
    self.interface = interface
    self.windowScale = windowScale
    self.urgentPointer = urgentPointer
    self.encapsulation = encapsulation
  }
}
