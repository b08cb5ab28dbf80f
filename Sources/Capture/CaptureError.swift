/// Why a capture could not be opened or read on: what, where, and what to do, in one line.
package struct CaptureError: Error, Equatable, CustomStringConvertible {
  /// The capture's path, or `standard input`.
  package var source: String
  package var problem: String
  /// The packet that could not be read, counted from 1.
  package var packet: UInt64?
  /// How many bytes of the capture had been read.
  package var byte: UInt64?
  package var advice: String

  package init(
    source: String, problem: String, packet: UInt64? = nil, byte: UInt64? = nil, advice: String
  ) {
    self.source = source
    self.problem = problem
    self.packet = packet
    self.byte = byte
    self.advice = advice
  }

  /// That an interruption has left a capture out.
  package static func unread(_ path: String) -> CaptureError {
    CaptureError(
      source: CaptureSource.name(of: path), problem: "was not read: interrupted", advice: "read it again")
  }

  package var description: String {
    var place = source.isEmpty ? "''" : source
    if let packet { place += ", packet \(packet)" }
    if let byte { place += ", byte \(byte)" }
    return "\(place): \(problem); \(advice)"
  }
}
