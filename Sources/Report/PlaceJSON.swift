import Capture
import CloseAnalysis

/// Writes where something was seen: time, packet and capture.
package struct PlaceJSON {
  private let captures: [CaptureSummary]
  private let texts: [(time: TimeText, sources: [JSONText])]
  private let pods: [[UInt32: PodName]]

  /// - Parameter captures: those that hold the packets.
  package init(_ captures: [CaptureSummary]) {
    self.captures = captures
    texts = captures.map { (TimeText($0.statistics), $0.parts.map { JSONText($0.source) }) }
    pods = captures.map(\.statistics.pods)
  }

  func write(_ packet: PacketReference, _ writer: inout JSONWriter) {
    writeTime("at", packet, &writer)
    writer.field("packet", packet.number)
    writeSource("capture", packet, &writer)
  }

  func writeTime(_ key: StaticString, _ packet: PacketReference, _ writer: inout JSONWriter) {
    writer.field(key, packet.time, as: texts[Int(packet.capture)].time)
  }

  /// The path of the file that holds a packet.
  func writeSource(_ key: StaticString?, _ packet: PacketReference?, _ writer: inout JSONWriter) {
    guard let packet else { return writer.field(key, nil as JSONText?) }
    let part = Int(packet.part)
    let sources = texts[Int(packet.capture)].sources
    writer.field(key, sources[sources.indices.contains(part) ? part : 0])
  }

  func source(_ packet: PacketReference) -> String { captures[Int(packet.capture)].source(of: packet) }

  /// The pods in which a leg was seen.
  func pods(of leg: Leg) -> [PodName] { leg.pods(pods[leg.observations[0].capture]) }

  /// What captures the interfaces of a leg, by number and by name.
  func interfaces(of observations: [LegObservation]) -> [(index: UInt32, name: String?)] {
    observations.compactMap { observation in
      observation.connection.interface.map {
        let statistics = captures[observation.capture].statistics
        return (statistics.interfaceIndex($0), statistics.interfaceNames[$0])
      }
    }
  }
}
