import ArgumentParser

/// Which captures to read; the same for every command that reads some.
struct CaptureArguments: ParsableArguments {
  @Argument(help: "Captures, pcap or pcapng; '-' is standard input.", completion: .file())
  var files: [String] = []

  @Option(name: [.customShort("r"), .customLong("read")], help: "A capture, as tcpdump's -r.")
  var read: [String] = []

  @Option(name: .shortAndLong, help: "A BPF filter, as in pcap-filter(7).")
  var filter: String?

  @OptionGroup var keys: KeyLogArguments

  var paths: [String] { files + read }

  func validate() throws {
    if paths.isEmpty { throw ValidationError("name a capture, or '-' for standard input") }
    if paths.count(where: { $0 == "-" }) > 1 {
      throw ValidationError("standard input can be read only once")
    }
  }
}
