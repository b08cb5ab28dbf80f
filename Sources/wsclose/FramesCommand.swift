import ArgumentParser
import Capture
import Report
import WSDecode

/// `wsclose frames FILE...`
struct FramesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "frames", abstract: "List every frame.",
    discussion: """
      A line for each frame: packet, time, ends, opcode, payload length; then what is special about it. \
      The order is that of decoding: by packet within a direction.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case text, ndjson }

  @OptionGroup var captures: CaptureArguments

  @Option(help: "text or ndjson.")
  var format = Format.text

  @Flag(help: "Show payloads, unmasked and decompressed: text, or hexadecimal digits for binary frames.")
  var payload = false

  /// More of one frame is cut.
  private static let payloadLimit = 64 << 10

  func run() throws {
    Interrupt.install()
    let output = try Output(path: nil)
    var options = FrameOptions()
    options.payloadLimit = payload ? Self.payloadLimit : 0
    let keyLog = try captures.keyLog()
    var errors: [CaptureError] = []
    var failure: (any Error)?
    for path in captures.paths {
      do throws(CaptureError) {
        var (capture, list) = try Pipeline.read(
          path, filter: captures.filter, keyLog: keyLog, options: options
        ) { source in
          FrameList(format == .text ? .text : .ndjson, source: source) { piece in
            guard failure == nil else { return }
            do { try output.write(piece) } catch { failure = error }
          }
        }
        list.finish()
        if let damage = capture.damage { errors.append(damage) }
      } catch {
        errors.append(error)
      }
    }
    if let failure { throw failure }
    try Output.finish(with: errors)
  }
}
