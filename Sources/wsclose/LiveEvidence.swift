import Capture
import CloseAnalysis
import LiveOutput
import Report

/// Keeps the packets of sessions that ended badly.
final class LiveEvidence {
  let ring: PacketRing
  let folder: EvidenceFolder
  private let verdicts: Set<Verdict>

  init(_ ring: PacketRing, _ folder: EvidenceFolder, for verdicts: Set<Verdict>) {
    self.ring = ring
    self.folder = folder
    self.verdicts = verdicts
  }

  func keep(_ session: Session, interfaceNames: [UInt32: String]) {
    guard verdicts.contains(session.verdict) else { return }
    let end = session.teardown?.end.packet ?? session.close?.seen.frame.last ?? session.start
    folder.write(
      EvidenceFile(session, from: ring, at: FileTime.text(end.time), interfaceNames: interfaceNames))
  }
}
