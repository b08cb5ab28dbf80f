import Capture
import CloseAnalysis

/// Writes where something was seen: time, packet and capture.
struct PlaceJSON {
  private let captures: [CaptureSummary]

  init(_ captures: [CaptureSummary]) { self.captures = captures }

  func write(_ packet: PacketReference, _ writer: inout JSONWriter) {
    writer.field("at", time(packet))
    writer.field("packet", packet.number)
    writer.field("capture", source(packet))
  }

  func time(_ packet: PacketReference) -> String {
    TimeText(captures[Int(packet.capture)].statistics).text(packet.time)
  }

  func source(_ packet: PacketReference) -> String { source(Int(packet.capture)) }

  func source(_ capture: Int) -> String { captures[capture].source }
}
