import Capture
import Streams
import WSDecode

/// What only all sessions of a report together show; computed once, in n log n time.
struct SessionContext {
  private var bursts: [Int: EndingBurst] = [:]
  private var silences: [Int: EqualSilence] = [:]
  /// Of the files of each capture; empty if there is one file only.
  private let names: [[String]]
  let clocks: CaptureClocks

  init(_ sessions: [Session], captures: [CaptureSummary], clocks: CaptureClocks) {
    self.clocks = clocks
    let names = captures.map(\.names)
    self.names = names.joined().count > 1 ? names : []
    var places: [Place: PlaceEndings] = [:]
    for session in sessions { Self.note(session, in: &places) }
    for var place in places.values where !place.endings.isEmpty {
      place.sort()
      for burst in EndingBurst.all(in: place) {
        for id in burst.sessions { bursts[id] = burst }
      }
      guard let silence = EqualSilence(place) else { continue }
      for id in silence.sessions { silences[id] = silence }
    }
  }

  func burst(of session: Session) -> EndingBurst? { bursts[session.id] }
  func equalSilence(of session: Session) -> EqualSilence? { silences[session.id] }

  /// `packet 144`, with its file where there are several.
  func place(_ packet: PacketReference) -> String {
    name(packet).map { "\($0) packet \(packet.number)" } ?? Wording.packet(packet)
  }

  /// The name of the file that holds a packet.
  func captureName(_ packet: PacketReference) -> String {
    name(packet) ?? "the capture"
  }

  private func name(_ packet: PacketReference) -> String? {
    guard names.indices.contains(Int(packet.capture)) else { return nil }
    let parts = names[Int(packet.capture)]
    return parts.indices.contains(Int(packet.part)) ? parts[Int(packet.part)] : nil
  }

  /// An address, at the client's end of what it ends or at any other.
  private struct Place: Hashable {
    var address: IPAddress
    var isClientSide: Bool
  }

  private static func note(_ session: Session, in places: inout [Place: PlaceEndings]) {
    let end = session.legs.compactMap { $0.firstEnd?.end.packet.time }.min()
    let others = session.legs.map { Place(address: $0.connection.server.address, isClientSide: false) }
    let client = Place(address: session.client.connection.client.address, isClientSide: true)
    for place in Set(others + [client]) {
      places[place, default: PlaceEndings()].note(from: session.start.time, to: end)
    }
    guard let origin = session.endedWithoutClose else { return }
    let label = session.label(origin.party)
    // A client that goes is nothing that clients have in common.
    guard label.isProxy || origin.party != .client else { return }
    let place = Place(address: label.address, isClientSide: origin.party == .client)
    places[place, default: PlaceEndings()].endings.append(
      PlaceEndings.Ending(
        session: session.id, time: origin.end.packet.time,
        silence: Silence(session, until: origin.end)?.seconds))
  }
}
