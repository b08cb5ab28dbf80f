import Capture
import CloseAnalysis

/// Writes where something was seen: time, packet and capture. All that writes a session has it, and so it is one reference.
package final class PlaceJSON: Sendable {
  private let captures: [CaptureSummary]
  private let times: [TimeText]
  /// The paths of all files.
  private let sources: [JSONText]
  /// Which of them are each capture's.
  private let parts: [Range<Int>]
  private let pods: [[UInt32: PodName]]

  /// - Parameter captures: those that hold the packets.
  package init(_ captures: [CaptureSummary]) {
    self.captures = captures
    times = captures.map { TimeText($0.statistics) }
    sources = captures.flatMap { $0.parts.map { JSONText($0.source) } }
    var end = 0
    parts = captures.map { capture in
      defer { end += capture.parts.count }
      return end..<end + capture.parts.count
    }
    pods = captures.map(\.statistics.pods)
  }

  func write(_ packet: PacketReference, _ writer: inout JSONWriter) {
    writer.place(packet, as: times[Int(packet.capture)], in: sources[file(of: packet)])
  }

  /// The path of the file that holds a packet.
  @inline(__always)
  func writeSource(_ key: StaticString?, _ packet: PacketReference?, _ writer: inout JSONWriter) {
    writer.field(key, packet.map { sources[file(of: $0)] })
  }

  private func file(of packet: PacketReference) -> Int {
    let parts = parts[Int(packet.capture)]
    let part = Int(packet.part)
    return parts.lowerBound + (part < parts.count ? part : 0)
  }

  func source(_ packet: PacketReference) -> String { captures[Int(packet.capture)].source(of: packet) }

  /// The pods in which a leg was seen.
  func pods(of leg: Leg) -> [PodName] { leg.pods(pods[leg.observations.first.capture]) }

  /// The last pod of the last leg that was seen in any.
  func lastPod(of legs: [Leg]) -> PodName? {
    for leg in legs.reversed() {
      if let pod = pods(of: leg).last { return pod }
    }
    return nil
  }

  /// What captures the interfaces of a leg, by number and by name.
  func interfaces(of leg: Leg) -> [(index: UInt32, name: String?)] {
    var interfaces: [(index: UInt32, name: String?)] = []
    for index in leg.observations.indices {
      let observation = leg.observations[index]
      guard let interface = observation.connection.interface else { continue }
      let statistics = captures[observation.capture].statistics
      interfaces.append((statistics.interfaceIndex(interface), statistics.interfaceNames[interface]))
    }
    return interfaces
  }
}
