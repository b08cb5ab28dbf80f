import Capture
import CloseAnalysis
import Streams

/// The packets of one session as a capture of their own.
package struct EvidenceFile: Sendable {
  /// Names sort by time, so that the oldest is the first.
  package var name: String
  package var bytes: [UInt8]

  /// - Parameters:
  ///   - time: of the session's end as text, such as `20260102T030405.678Z`.
  ///   - interfaceNames: by the numbers that packets carry.
  package init(_ session: Session, from ring: PacketRing, at time: String, interfaceNames: [UInt32: String]) {
    name = Self.name(session, time)
    var packets: [UInt64: (packet: KeptPacket, shown: [Range<Int>])] = [:]
    var missing: [String] = []
    for leg in session.legs {
      for observation in leg.observations {
        let connection = observation.connection
        let found = ring.packets(
          between: connection.client, connection.server, realm: connection.realm,
          from: connection.openedAt.number)
        let ends = "\(connection.client) to \(connection.server)"
        if !found.isComplete {
          missing.append("The beginning of \(ends) had left the ring: packets are missing here.")
        }
        if found.leftOut > 0 { missing.append("\(found.leftOut) packets of \(ends) were left out.") }
        let (end, shown) = (leg.lastEnd, ShownPayload(leg, connection))
        for packet in found.packets {
          // The same ports again, for another connection.
          let number = packet.facts.packet.number
          if packet.facts.flags.isSuperset(of: .syn), !packet.facts.flags.contains(.ack), let end,
            number > end
          {
            break
          }
          packets[number] = (packet, ring.keepsPayload ? [] : shown.ranges(in: packet.facts))
        }
      }
    }
    let ordered = packets.values.sorted { $0.packet.facts.packet.number < $1.packet.facts.packet.number }
    bytes = Self.compose(
      ordered.map { packet, shown in
        ring.keepsPayload ? (packet.facts, packet.head, 0) : packet.frame(showing: shown)
      }, comment: Self.comment(session, missing, keepsPayload: ring.keepsPayload), interfaceNames)
  }

  private static func name(_ session: Session, _ time: String) -> String {
    let client = "\(session.client.connection.client)".map { character -> Character in
      character.isASCII && (character.isLetter || character.isNumber || character == ".") ? character : "-"
    }
    return "\(time)-\(session.verdict.rawValue)-\(String(client))-\(session.id)\(suffix)"
  }

  package static let suffix = ".pcapng"

  /// Whether a file of an evidence folder is one of these; no other one is ever removed.
  package static func isName(_ name: String) -> Bool {
    let parts = name.split(separator: "-")
    guard name.hasSuffix(suffix), parts.count >= 4, parts[0].utf8.count == 20,
      parts[0].utf8.last == UInt8(ascii: "Z"),
      parts[0].contains("T")
    else { return false }
    return Verdict(rawValue: String(parts[1])) != nil
  }

  private static func comment(_ session: Session, _ missing: [String], keepsPayload: Bool) -> String {
    var text = "Session \(session.id): \(session.verdict.rawValue). \(session.answer)"
    for note in missing { text += " \(note)" }
    if !keepsPayload { text += " Payload was cut, and values of header fields hidden." }
    return text
  }

  private static func compose(
    _ packets: [(facts: KeptPacket.Facts, frame: [UInt8], hidden: Int)], comment: String,
    _ names: [UInt32: String]
  ) -> [UInt8] {
    struct Interface: Hashable {
      var number: UInt32?
      var linkType: LinkType
    }
    var writer = PcapngWriter(comment: comment)
    var interfaces: [Interface: UInt32] = [:]
    for (facts, frame, hidden) in packets {
      let interface = Interface(number: facts.interface, linkType: facts.linkType)
      let number =
        interfaces[interface]
        ?? writer.addInterface(facts.interface.flatMap { names[$0] }, facts.linkType)
      interfaces[interface] = number
      let note = "packet \(facts.packet.number) of the capture"
      writer.addPacket(
        frame, wireLength: facts.wireLength, at: facts.packet.time, interface: number,
        comment: hidden == 0 ? note : note + "; \(hidden) bytes of payload are zeros here")
    }
    return writer.bytes
  }
}

extension Leg {
  /// The number of the last packet that ended a stream.
  fileprivate var lastEnd: UInt64? {
    [client.end, server.end].compactMap { $0?.packet.number }.max()
  }
}
