extension ReportRun {
  /// A report with paths, a format and an output, as it is asked for most often. The parser of arguments needs longer than
  /// all the rest until a capture is opened: it is asked only where there is more to parse.
  ///
  /// - Returns: `nil` if there are other arguments.
  init?(plain arguments: some Sequence<String>) {
    self.init(paths: [])
    var format: ReportCommand.Format?
    var rest = arguments.makeIterator()
    while let argument = rest.next() {
      switch argument {
      case "--format" where format == nil:
        format = rest.next().flatMap { ReportCommand.Format(rawValue: $0) }
        if format == nil { return nil }
      case "--output" where output == nil:
        output = rest.next().flatMap { Self.isPlain($0) ? $0 : nil }
        if output == nil { return nil }
      default:
        guard Self.isPlain(argument), !WSClose.isCommand(argument) else { return nil }
        paths.append(argument)
      }
    }
    guard !paths.isEmpty else { return nil }
    if let format { self.format = format }
  }

  private static func isPlain(_ argument: String) -> Bool { !argument.isEmpty && !argument.hasPrefix("-") }
}

extension WSClose {
  /// Whether an argument may be the name of a command, and not of a file.
  static func isCommand(_ argument: String) -> Bool {
    argument == "help" || configuration.subcommands.contains { $0._commandName == argument }
  }
}
