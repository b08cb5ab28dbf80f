import Capture
import CloseAnalysis

/// Writes where something was seen: time, packet and capture. All that writes a session has it, and so it is one reference.
package final class PlaceJSON: Sendable {
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
    let capture = Int(packet.capture)
    writer.place(packet, as: texts[capture].time, in: texts[capture].sources[part(of: packet)])
  }

  /// The path of the file that holds a packet.
  @inline(__always)
  func writeSource(_ key: StaticString?, _ packet: PacketReference?, _ writer: inout JSONWriter) {
    writer.field(key, packet.map { texts[Int($0.capture)].sources[part(of: $0)] })
  }

  private func part(of packet: PacketReference) -> Int {
    let part = Int(packet.part)
    return part < texts[Int(packet.capture)].sources.count ? part : 0
  }

  func source(_ packet: PacketReference) -> String { captures[Int(packet.capture)].source(of: packet) }

  /// The pods in which a leg was seen.
  func pods(of leg: Leg) -> [PodName] { leg.pods(pods[leg.observations[0].capture]) }

  /// What captures the interfaces of a leg, by number and by name.
  func interfaces(of observations: [LegObservation]) -> [(index: UInt32, name: String?)] {
    observations.compactMap { observation in
      observation.connection.interface.map {
        let capture = observation.capture
        return (
          captures[capture].statistics.interfaceIndex($0), captures[capture].statistics.interfaceNames[$0]
        )
      }
    }
  }
}
