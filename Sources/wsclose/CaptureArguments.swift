import ArgumentParser
import Capture

/// Which captures to read; the same for every command that reads some.
struct CaptureArguments: ParsableArguments {
  @Argument(
    help:
      "Captures, pcap or pcapng, also compressed with gzip or zstd; folders of them; '-' is standard input.",
    completion: .file())
  var files: [String] = []

  @Option(name: [.customShort("r"), .customLong("read")], help: "A capture, as tcpdump's -r.")
  var read: [String] = []

  @Option(name: .shortAndLong, help: "A BPF filter, as in pcap-filter(7).")
  var filter: String?

  @OptionGroup var decoding: DecodeArguments

  @OptionGroup var keys: KeyLogArguments

  @OptionGroup(title: "Limits") var limits: LimitArguments

  var paths: [String] { files + read }

  /// How to read a capture with these arguments.
  func source(_ paths: [String]) -> CaptureSource {
    var source = CaptureSource(paths: paths)
    source.filter = filter
    source.decoding = decoding.options(limits.limits)
    return source
  }

  func validate() throws {
    if paths.isEmpty { throw ValidationError("name a capture, or '-' for standard input") }
    if paths.count(where: { $0 == "-" }) > 1 {
      throw ValidationError("standard input can be read only once")
    }
  }
}
