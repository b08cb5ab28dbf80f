import Limits

extension ReportCommand {
  /// The command with paths, a format and an output, as it is given most often. The parser of arguments needs longer than
  /// all the rest until a capture is opened: it is asked only where there is more to parse.
  ///
  /// - Returns: `nil` if there are other arguments.
  init?(plain arguments: some Sequence<String>) {
    var (paths, format, output) = ([String](), Format?.none, String?.none)
    var rest = arguments.makeIterator()
    while let argument = rest.next() {
      switch argument {
      case "--format" where format == nil:
        format = rest.next().flatMap { Format(rawValue: $0) }
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
    self.init()
    captures = CaptureArguments(plain: paths)
    self.format = format ?? .text
    self.output = output
    only = nil
    exitCode = false
  }

  private static func isPlain(_ argument: String) -> Bool { !argument.isEmpty && !argument.hasPrefix("-") }
}

extension CaptureArguments {
  fileprivate init(plain files: [String]) {
    self.init()
    self.files = files
    read = []
    filter = nil
    decoding = DecodeArguments()
    decoding.verifyChecksums = false
    keys = KeyLogArguments()
    keys.keylog = []
    limits = LimitArguments()
    limits.maxConnections = Limits.standard.maxConnections
    limits.maxHeldBytes = Limits.standard.maxTotalHeldBytes
    limits.idleTimeout = Limits.standard.idleTimeout
  }
}

extension WSClose {
  /// Whether an argument may be the name of a command, and not of a file.
  fileprivate static func isCommand(_ argument: String) -> Bool {
    argument == "help" || configuration.subcommands.contains { $0._commandName == argument }
  }
}
