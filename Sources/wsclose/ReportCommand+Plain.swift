import Limits

extension ReportCommand {
  /// The command with paths and at most a format, as it is given most often. The parser of arguments needs longer than all
  /// the rest until a capture is opened: it is asked only where there is more to parse.
  ///
  /// - Returns: `nil` if there are other arguments.
  init?(plain arguments: some Sequence<String>) {
    var paths = Array(arguments)
    var format = Format.text
    if let option = paths.firstIndex(of: "--format"), option + 1 < paths.count,
      let given = Format(rawValue: paths[option + 1])
    {
      format = given
      paths.removeSubrange(option...option + 1)
    }
    guard let first = paths.first, !WSClose.isCommand(first),
      !paths.contains(where: { $0.isEmpty || $0.hasPrefix("-") })
    else { return nil }
    self.init()
    captures = CaptureArguments(plain: paths)
    self.format = format
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
