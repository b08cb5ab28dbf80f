import ArgumentParser
import Capture
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
      guard let file = InputFile(path: path), let bytes = try? file.read() else {
        throw Self.refusal(path, "cannot be read", "check the path and its permissions")
      }
      if let bad = log.read(bytes) {
        Output.complain(
          "\(path), line \(bad.firstLine): not a line of a key log (\(bad.count) such lines);"
            + " lines are LABEL CLIENT_RANDOM SECRET in hexadecimal digits")
      }
    }
    return log
  }

  /// The same for a capture that goes on while programs write more: what a pipe gives may never end.
  func loadToFollow() throws -> KeyLog {
    for path in keylog where FileStatus(path: path)?.isRegular == false {
      throw Self.refusal(path, "is no file", "name the file that the programs write")
    }
    return try load()
  }

  private static func refusal(_ path: String, _ problem: String, _ advice: String) -> ExitCode {
    Output.failure(CaptureError(source: path, problem: "the key log \(problem)", advice: advice))
  }
}
