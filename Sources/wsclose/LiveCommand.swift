import ArgumentParser
import Capture
import Pipeline
import Report

/// `wsclose live -i eth0`
struct LiveCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "live", abstract: "Report on what passes on interfaces, each session as it ends.",
    discussion: """
      Ctrl-C or SIGTERM ends it and prints a summary; SIGUSR1 has it tell its counters on standard error. \
      Packets that the kernel dropped are counted, and make a session undetermined if the verdict hangs on them. \
      Once the capture is open, wsclose becomes an ordinary user without privileges but those to open it again.

        wsclose live -i any -f 'tcp port 9900'
        wsclose live -i eth0 --only lost,absent --format ndjson
        wsclose live --netns /run/netns/blue
        wsclose live --sidecars
        wsclose live -i any --output sessions.ndjson --evidence evidence --listen 9911
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, ndjson }

  @OptionGroup var live: LiveArguments

  @Option(help: "text or ndjson (default: text; ndjson with --output).")
  var format: Format?

  @Option(
    help: ArgumentHelp("Only sessions with these verdicts, separated by commas.", valueName: "verdicts"))
  var only: VerdictList?

  @Option(
    name: [.customShort("c"), .customLong("count")], help: "End after so many packets, as tcpdump's -c.")
  var count: UInt64?

  @Flag(help: "Exit with 1 if any session is lost or absent.")
  var exitCode = false

  @OptionGroup(title: "Output") var output: LiveOutputArguments

  @OptionGroup var decoding: DecodeArguments

  @OptionGroup var keys: KeyLogArguments

  @OptionGroup(title: "Limits") var limits: LimitArguments

  func validate() throws {
    if count == 0 { throw ValidationError("--count has to be more than 0") }
    if output.output != nil, format == .text { throw ValidationError("--output writes ndjson only") }
  }

  func run() throws {
    OpenFileLimit.raise()
    var keyLog = try keys.loadToFollow()
    keyLog.maxConnections = Self.maxKeyLogConnections
    let keyLogs = keys.keylog.map { FollowedKeyLog($0) }
    var source = live.source
    if !keyLogs.isEmpty { source.newSecrets = { keyLogs.flatMap { $0.takeLines() } } }
    source.decoding = decoding.options(limits.limits)
    if let count { source.maxPackets = count }
    source.tell = { Output.complain("\($0)") }
    if output.evidence != nil {
      source.ring = PacketRing(
        byteLimit: output.evidenceRingLimit, keepsPayload: output.evidencePayload)
    }
    let user = try live.newUser()
    if let lack = Privileges.lack(for: source) { try Output.finish(with: [lack]) }
    // First what leaves nothing behind if it fails.
    let standardOutput = output.output == nil ? PiecedOutput(try Output(path: nil)) : nil
    let capture = try open(source)
    let opened = try LiveDestinations(output, as: user)
    try giveUpPrivileges(user, keeping: source.keptCapabilities)
    let destinations = try opened.start(source.ring)
    let lines = LiveLines(standardOutput, destinations.file)
    Interrupt.install()
    let report = LiveReport(lines, style, name: source.name, only: only?.verdicts, destinations)
    var pipeline = LivePipeline(
      capture, name: source.name, keyLog: keyLog, limits: limits.limits,
      onInterfaceNames: report.name, onPods: report.name, onSession: report.write)
    Output.complain("listening on \(source.name); Ctrl-C ends it")
    follow(&pipeline, lines, report, destinations)
    pipeline.finish()
    lines.flush()
    destinations.finish()
    if let failure = lines.failure { throw failure }
    try end(report.summary(pipeline))
    if exitCode, report.failures > 0 { throw ExitCode(1) }
  }

  /// Round by round, until it is enough; signals are heeded between the rounds.
  private func follow(
    _ pipeline: inout LivePipeline, _ lines: LiveLines, _ report: LiveReport,
    _ destinations: LiveDestinations.Started
  ) {
    while !Interrupt.isRequested, lines.isOpen, !pipeline.isOver {
      if let status = destinations.status, status.isDue {
        status.publish(pipeline.counters, destinations.file, destinations.evidence)
      }
      pipeline.step()
      lines.flush()
      if Interrupt.takeInquiry() { report.summary(pipeline).forEach { Output.complain($0) } }
      if Interrupt.takeReopening() { destinations.file?.reopen() }
    }
  }

  /// Of connections that began longer ago the handshake is over.
  private static let maxKeyLogConnections = 1 << 16

  private func open(_ source: LiveSource) throws -> LiveCapture {
    do throws(CaptureError) { return try LiveCapture(source) } catch {
      throw Output.failure(error)
    }
  }

  /// Gives up what is not needed once all is open.
  private func giveUpPrivileges(_ user: Privileges.User?, keeping kept: CapabilitySet) throws {
    do throws(CaptureError) { try Privileges.drop(to: user, keeping: kept) } catch {
      try Output.finish(with: [error])
    }
  }

  private var isText: Bool { output.output == nil && format != .ndjson }

  private var style: LiveReport.Format {
    !isText ? .ndjson : .text(TextStyle(isColoured: Output.wantsColour(path: nil)))
  }

  private func end(_ summary: [String]) throws {
    guard isText else { return summary.forEach { Output.complain($0) } }
    try Output(path: nil).write(("\n" + summary.joined(separator: "\n  ") + "\n").utf8Span.span)
  }
}
