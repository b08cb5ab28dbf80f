import ArgumentParser

/// The command. It joins the stages and is alone in doing output.
@main
struct WSClose: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wsclose",
    abstract: "Did the server's WebSocket Close frame reach the client before the proxy's teardown?",
    usage: """
      wsclose [--filter BPF] [--format text|json|ndjson] [--only VERDICTS] [--output FILE] [--exit-code] FILE...
      wsclose COMMAND ...
      """,
    discussion: """
      Reads packet captures and tells, for each WebSocket, whether the server's Close frame arrived, what \
      proves it, what ended the connection, and what to change.

        wsclose pod.pcap
        wsclose --only lost,absent --format ndjson *.pcap
        wsclose frames --payload pod.pcap
        wsclose explain 1006
        kubectl debug ... -- tcpdump -i any -U -w - | wsclose -
      """,
    version: "0.1.0",
    subcommands: [ReportCommand.self, FramesCommand.self, DiffCommand.self, ExplainCommand.self],
    defaultSubcommand: ReportCommand.self)
}
