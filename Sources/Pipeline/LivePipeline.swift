import Capture
import CloseAnalysis
import HTTP2Decode
import Limits
import PROXYDecode
import TCPReassembly
import TLSDecode
import WSDecode

/// All stages over what passes on interfaces: each session is given when it has ended. What is captured is decoded here, and
/// judged on a thread of its own, for which the capture waits if it falls far behind: the kernel counts what it drops then.
package struct LivePipeline {
  private var capture: LiveCapture
  private typealias Decoder =
    PROXYDecoder<TLSDecoder<HTTP2Decoder<WebSocketDecoder<LegHandOver<SessionStream>>>>>
  private var stages: ReassemblyStage<DecodingStage<Decoder>>
  private let sessions: SessionThread
  private let onSession: (Session) -> Void
  /// Connections that the capture's end has left unended; `nil` until then.
  private var leftUnended: Int?

  /// - Parameters:
  ///   - capture: with all interfaces open.
  ///   - name: what findings call the capture.
  ///   - onInterfaceNames: gets the names of interfaces as they become known.
  ///   - onPods: gets the pods in which they are.
  ///   - onSession: gets each session, on the thread that captures.
  package init(
    _ capture: LiveCapture, name: String, keyLog: KeyLog, limits: Limits,
    onInterfaceNames: @escaping ([UInt32: String]) -> Void, onPods: @escaping ([UInt32: PodName]) -> Void,
    onSession: @escaping (Session) -> Void
  ) {
    self.capture = capture
    let summary = CaptureSummary(
      parts: [CapturePart(source: name)], statistics: CaptureStatistics(), reassembly: .init())
    sessions = SessionThread(capture: summary)
    self.onSession = onSession
    stages = ReassemblyStage(
      limits: limits,
      into: DecodingStage(
        keyLog: keyLog, into: sessions.legs, onInterfaceNames: onInterfaceNames, onPods: onPods))
  }

  /// Waits for packets, a quarter of a second at most, and takes what there is. Gives the sessions that were judged meanwhile.
  package mutating func step() {
    capture.step(into: &stages)
    stages.receive(.pause)
    sessions.takeSessions().forEach(onSession)
  }

  /// Whether as many packets have come as were wanted.
  package var isOver: Bool { capture.isOver }

  /// Gives the sessions that are still open.
  package mutating func finish() {
    capture.finish(into: &stages)
    leftUnended = stages.reassembler.unendedConnections
    stages.finish()
    stages.receive(.pause)
    sessions.finish()
    sessions.takeSessions().forEach(onSession)
  }

  /// TCP connections that no FINs and no RST have ended, or had when the capture ended.
  package var unendedConnections: Int { leftUnended ?? stages.reassembler.unendedConnections }

  package var counters: LiveCounters {
    LiveCounters(
      live: capture.live, capture: capture.statistics, reassembly: stages.reassembler.statistics,
      tls: stages.next.decoder.statistics, openConnections: stages.reassembler.openConnections,
      heldBytes: stages.reassembler.heldCost, retainedLegs: sessions.retainedCount)
  }
}

/// What a live capture counts, at one moment.
package struct LiveCounters: Sendable {
  package var live: LiveStatistics
  package var capture: CaptureStatistics
  package var reassembly: ReassemblyStatistics
  package var tls: TLSStatistics
  /// TCP connections in memory.
  package var openConnections: Int
  /// What they hold back, in bytes.
  package var heldBytes: Int
  /// Legs and sessions in memory.
  package var retainedLegs: Int
}
