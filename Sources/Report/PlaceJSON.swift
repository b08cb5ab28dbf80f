import Capture
import CloseAnalysis

/// Writes where something was seen: time, packet and capture.
struct PlaceJSON {
  private let captures: [CaptureSummary]

  init(_ captures: [CaptureSummary]) { self.captures = captures }

  func write(_ packet: PacketReference, _ writer: inout JSONWriter) {
    writeTime("at", packet, &writer)
    writer.field("packet", packet.number)
    writer.field("capture", source(packet))
  }

  func writeTime(_ key: StaticString, _ packet: PacketReference, _ writer: inout JSONWriter) {
    let hasNanoseconds = captures[Int(packet.capture)].statistics.hasNanoseconds
    writer.field(key, packet.time, as: TimeText(fractionDigits: hasNanoseconds ? 9 : 6))
  }

  func source(_ packet: PacketReference) -> String { captures[Int(packet.capture)].source(of: packet) }

  /// The pods in which a leg was seen.
  func pods(of leg: Leg) -> [PodName] { leg.pods(captures[leg.observations[0].capture].statistics.pods) }

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
