import Capture
import Streams
import WSDecode

/// What only all sessions of a report together show; computed once, in n log n time.
struct SessionContext {
  private var bursts: [Int: EndingBurst] = [:]
  private var silences: [Int: EqualSilence] = [:]
  private let captureNames: [String]
  let clocks: CaptureClocks

  init(_ sessions: [Session], captures: [CaptureSummary], clocks: CaptureClocks) {
    self.clocks = clocks
    captureNames = captures.count > 1 ? captures.map(\.name) : []
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

  /// `packet 144`, with its capture where there are several.
  func place(_ packet: PacketReference) -> String {
    let index = Int(packet.capture)
    return captureNames.indices.contains(index)
      ? "\(captureNames[index]) packet \(packet.number)" : Wording.packet(packet)
  }

  /// The name of the capture that holds a packet.
  func captureName(_ packet: PacketReference) -> String {
    let index = Int(packet.capture)
    return captureNames.indices.contains(index) ? captureNames[index] : "the capture"
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
