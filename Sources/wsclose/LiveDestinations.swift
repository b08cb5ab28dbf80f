import ArgumentParser
import Capture
import LiveOutput

/// What `wsclose live` writes to besides the terminal: opened by the user that will write to it, and started once privileges
/// are given up: threads have those with which they were started.
struct LiveDestinations: ~Copyable {
  private var file: LineOutput.Opened?
  private var folder: EvidenceFolder.Opened?
  private var socket: ListeningSocket?
  private let arguments: LiveOutputArguments

  /// - Parameter user: who this program will be; `nil` for who it is.
  /// - Throws: after one line about what cannot be opened.
  init(_ arguments: LiveOutputArguments, as user: Privileges.User?) throws {
    self.arguments = arguments
    do throws(CaptureError) {
      if let place = arguments.listen { socket = try ListeningSocket(place) }
      try Privileges.act(as: user)
      if let path = arguments.evidence { folder = try EvidenceFolder.Opened(path: path) }
      if let path = arguments.output {
        file = try LineOutput.Opened(
          path: path, rotateSize: arguments.rotateSize?.bytes, rotateCount: arguments.rotatedFiles)
      }
      try Privileges.actAsBefore(user)
    } catch {
      folder.take()?.discard()
      try Output.finish(with: [error])
    }
  }

  /// Started, with the threads that write.
  struct Started {
    var file: LineOutput?
    var evidence: LiveEvidence?
    var status: LiveStatus?

    /// Waits until all is written.
    func finish() {
      file?.finish()
      evidence?.folder.finish()
      status?.stop()
    }
  }

  consuming func start(_ ring: PacketRing?) throws -> Started {
    let tell: @Sendable (CaptureError) -> Void = { Output.complain("\($0)") }
    var started = Started()
    if let file = file.take() { started.file = LineOutput(file, tell: tell) }
    if let folder = folder.take(), let ring {
      started.evidence = LiveEvidence(
        ring, EvidenceFolder(folder, budget: arguments.evidenceBudget, tell: tell),
        for: arguments.evidenceVerdicts)
    }
    if let socket { started.status = try LiveStatus(socket) }
    return started
  }
}
