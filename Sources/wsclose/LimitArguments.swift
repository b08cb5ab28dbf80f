import ArgumentParser
import Limits

/// The limits that a user may want to turn; the same for every command that reads captures. A number below 0 is one that is
/// wrong, and no option.
struct LimitArguments: ParsableArguments {
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Connections kept at once.", valueName: "count"))
  var maxConnections = Limits.standard.maxConnections

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Bytes kept of packets that came before what precedes them, in all.", valueName: "bytes"))
  var maxHeldBytes = Limits.standard.maxTotalHeldBytes

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Seconds of silence after which a connection is forgotten.", valueName: "seconds"))
  var idleTimeout = Limits.standard.idleTimeout

  func validate() throws {
    guard maxConnections > 0, maxHeldBytes > 0, idleTimeout > 0 else {
      throw ValidationError("a limit has to be more than 0")
    }
  }

  var limits: Limits {
    var limits = Limits()
    limits.maxConnections = maxConnections
    limits.maxTotalHeldBytes = maxHeldBytes
    limits.maxHeldBytes = min(limits.maxHeldBytes, maxHeldBytes)
    limits.idleTimeout = idleTimeout
    return limits
  }
}
