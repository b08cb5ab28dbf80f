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
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, ndjson }

  @OptionGroup var live: LiveArguments

  @Option(help: "text or ndjson.")
  var format = Format.text

  @Option(
    help: ArgumentHelp("Only sessions with these verdicts, separated by commas.", valueName: "verdicts"))
  var only: VerdictList?

  @Option(
    name: [.customShort("c"), .customLong("count")], help: "End after so many packets, as tcpdump's -c.")
  var count: UInt64?

  @Flag(help: "Exit with 1 if any session is lost or absent.")
  var exitCode = false

  @OptionGroup var decoding: DecodeArguments

  @OptionGroup var keys: KeyLogArguments

  @OptionGroup(title: "Limits") var limits: LimitArguments

  func validate() throws {
    if count == 0 { throw ValidationError("--count has to be more than 0") }
  }

  func run() throws {
    let keyLog = try keys.load()
    var source = live.source
    source.decoding = decoding.options(limits.limits)
    if let count { source.maxPackets = count }
    source.tell = { Output.complain("\($0)") }
    let output = PiecedOutput(try Output(path: nil))
    let capture = try open(source)
    Interrupt.install()
    Interrupt.installInquiry()
    let report = LiveReport(output, style, name: source.name, only: only?.verdicts)
    var pipeline = LivePipeline(
      capture, name: source.name, keyLog: keyLog, limits: limits.limits,
      onInterfaceNames: report.name, onPods: report.name, onSession: report.write)
    Output.complain("listening on \(source.name); Ctrl-C ends it")
    while !Interrupt.isRequested, output.isOpen, !pipeline.isOver {
      pipeline.step()
      output.flush()
      if Interrupt.takeInquiry() { report.summary(pipeline.counters).forEach { Output.complain($0) } }
    }
    pipeline.finish()
    output.flush()
    if let failure = output.failure { throw failure }
    try end(report.summary(pipeline.counters))
    if exitCode, report.failures > 0 { throw ExitCode(1) }
  }

  /// Opens the capture, and gives up what is not needed from then on.
  private func open(_ source: LiveSource) throws -> LiveCapture {
    let user = try live.newUser()
    if let lack = Privileges.lack(for: source) { try Output.finish(with: [lack]) }
    do throws(CaptureError) {
      let capture = try LiveCapture(source)
      try Privileges.drop(to: user, keeping: source.keptCapabilities)
      return capture
    } catch {
      try Output.finish(with: [error])
      throw ExitCode(2)
    }
  }

  private var style: LiveReport.Format {
    format == .ndjson ? .ndjson : .text(TextStyle(isColoured: Output.wantsColour(path: nil)))
  }

  private func end(_ summary: [String]) throws {
    switch format {
    case .text: try Output(path: nil).write(("\n" + summary.joined(separator: "\n  ") + "\n").utf8Span.span)
    case .ndjson: summary.forEach { Output.complain($0) }
    }
  }
}
