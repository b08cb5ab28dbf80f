import ArgumentParser
import Glibc

/// The command. It joins the stages and is alone in doing output.
@main
struct WSClose: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wsclose",
    abstract: "Did the server's WebSocket Close frame reach the client before the proxy's teardown?",
    usage: """
      wsclose [--filter BPF] [--format text|json|ndjson] [--only VERDICTS] [--output FILE] [--exit-code] FILE...
      wsclose live -i INTERFACE [--filter BPF] [--format text|ndjson] [--only VERDICTS]
      wsclose COMMAND ...
      """,
    discussion: """
      Reads packet captures and tells, for each WebSocket, whether the server's Close frame arrived, what \
      proves it, what ended the connection, and what to change.

        wsclose pod.pcap
        wsclose --only lost,absent --format ndjson *.pcap
        wsclose frames --payload pod.pcap
        wsclose explain 1006
        wsclose live -i any -f 'tcp port 9900'
        kubectl exec POD -c CONTAINER -- tcpdump -i any -U -s 0 -w - tcp | wsclose -

      Exit status: 0 done; 1 with --exit-code, if a session is lost or absent (diff: if it got worse, or that \
      cannot be told); 2 if something could not be read, written or opened; 64 for wrong usage.
      """,
    version: "0.1.0",
    subcommands: [
      ReportCommand.self, LiveCommand.self, FramesCommand.self, DiffCommand.self, ExplainCommand.self,
      InterfacesCommand.self,
    ],
    defaultSubcommand: ReportCommand.self)

  static func main() {
    Interrupt.expect(CommandLine.arguments.dropFirst())
    Output.occupyStandardStreams()
    Output.ignoreBrokenPipes()
    do {
      if let report = ReportRun(plain: CommandLine.arguments.dropFirst()) { return try report.run() }
      var command = try parseAsRoot()
      try command.run()
    } catch let code as ExitCode {
      // What failed has been told.
      Glibc.exit(code.rawValue)
    } catch {
      // --help and --version are told by the parser.
      guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
      var problem = message(for: error).split(separator: "\n").first ?? "the arguments make no sense"
      if problem.hasSuffix(".") { problem.removeLast() }
      Output.complain("\(problem); \(helpCommand) tells more")
      Glibc.exit(ExitCode.validationFailure.rawValue)
    }
  }

  /// What tells the options of the command that was parsed; of `report` where none was named.
  private static var helpCommand: String {
    let name = CommandLine.arguments.dropFirst().first ?? ""
    if name == "help" { return "wsclose help" }
    return "wsclose help \(isCommand(name) ? name : "report")"
  }
}
