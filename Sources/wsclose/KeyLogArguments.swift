import ArgumentParser
import Capture
import FoundationEssentials
import TLSDecode

/// The keys of TLS connections; the same for every command that reads captures.
struct KeyLogArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A TLS key log, as SSLKEYLOGFILE makes programs write it; may be given several times.",
      valueName: "file"),
    completion: .file())
  var keylog: [String] = []

  func load() throws -> KeyLog { try Self.load(keylog) }

  /// The secrets of all key logs; ends with 2 if one cannot be read, and tells of lines that are none.
  static func load(_ paths: [String]) throws -> KeyLog {
    var log = KeyLog()
    for path in paths {
      guard let bytes = try? Data(contentsOf: URL(filePath: path)) else {
        try Output.finish(with: [
          CaptureError(
            source: path, problem: "the key log cannot be read", advice: "check the path and its permissions")
        ])
        throw ExitCode(2)
      }
      if let bad = log.read(bytes) {
        Output.complain(
          "\(path), line \(bad.firstLine): not a line of a key log (\(bad.count) such lines);"
            + " lines are LABEL CLIENT_RANDOM SECRET in hexadecimal digits")
      }
    }
    return log
  }
}
