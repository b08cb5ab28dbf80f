import ArgumentParser
import Capture
import TLSDecode

/// Which captures to read; the same for every command that reads some.
struct CaptureArguments: ParsableArguments {
  @Argument(help: "Captures, pcap or pcapng; '-' is standard input.", completion: .file())
  var files: [String] = []

  @Option(name: [.customShort("r"), .customLong("read")], help: "A capture, as tcpdump's -r.")
  var read: [String] = []

  @Option(name: .shortAndLong, help: "A BPF filter, as in pcap-filter(7).")
  var filter: String?

  @Option(
    help: ArgumentHelp(
      "A TLS key log, as SSLKEYLOGFILE makes programs write it; may be given several times.",
      valueName: "file"),
    completion: .file())
  var keylog: [String] = []

  var paths: [String] { files + read }

  /// The secrets of all key logs; ends with 2 if one cannot be read.
  func keyLog() throws -> KeyLog {
    do throws(CaptureError) {
      return try KeyLog(files: keylog, warn: Output.complain)
    } catch {
      try Output.finish(with: [error])
      throw ExitCode(2)
    }
  }

  func validate() throws {
    if paths.isEmpty { throw ValidationError("name a capture, or '-' for standard input") }
    if paths.count(where: { $0 == "-" }) > 1 {
      throw ValidationError("standard input can be read only once")
    }
  }
}
