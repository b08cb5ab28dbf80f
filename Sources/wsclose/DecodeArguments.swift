import ArgumentParser
import Capture
import Limits

/// How packets are read; the same for every command that reads captures.
struct DecodeArguments: ParsableArguments {
  @Flag(
    help: """
      Pass over packets whose IPv4 or TCP checksum is wrong. In captures taken on the sending machine wrong ones \
      are normal: its network card fills them in afterwards (offload).
      """)
  var verifyChecksums = false

  func options(_ limits: Limits) -> DecodeOptions {
    var options = DecodeOptions()
    options.verifyChecksums = verifyChecksums
    options.limits = limits
    return options
  }
}
