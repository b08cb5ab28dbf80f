import Limits

extension ReportCommand {
  /// The command without any option, as it is given most often. The parser of arguments needs longer than all the rest until
  /// a capture is opened: it is asked only where there is something to parse.
  ///
  /// - Returns: `nil` if there are other arguments than paths.
  init?(plain arguments: some Collection<String>) {
    guard let first = arguments.first, !WSClose.isCommand(first),
      !arguments.contains(where: { $0.isEmpty || $0.hasPrefix("-") })
    else { return nil }
    self.init()
    captures = CaptureArguments(plain: Array(arguments))
    format = .text
    output = nil
    only = nil
    exitCode = false
  }
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
  /// Whether a first argument is the name of a command, and not of a file.
  fileprivate static func isCommand(_ argument: String) -> Bool {
    argument == "help" || configuration.subcommands.contains { $0._commandName == argument }
  }
}
