import Capture
import Streams
import WSDecode

/// What only several sessions of a report together show.
struct SessionContext {
  private var common: CommonEndings
  /// Of the files of each capture; empty if there is one file only.
  private let names: [[String]]
  let clocks: CaptureClocks

  /// - Parameter captures: those that hold the sessions' packets.
  init(_ common: CommonEndings, captures: [CaptureSummary], clocks: CaptureClocks) {
    self.common = common
    self.clocks = clocks
    let names = captures.map(\.names)
    self.names = names.joined().count > 1 ? names : []
  }

  func with(_ common: CommonEndings) -> SessionContext {
    var context = self
    context.common = common
    return context
  }

  func burst(of session: Session) -> EndingBurst? { common.bursts[session.id] }
  func equalSilence(of session: Session) -> EqualSilence? { common.silences[session.id] }

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
}
