import ArgumentParser
import Capture
import CloseAnalysis
import Report
import WSDecode

/// `wsclose frames FILE...`
struct FramesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "frames", abstract: "List every frame.",
    discussion: """
      A line for each frame: packet, time, leg, ends, opcode, payload length; then what is special about it. \
      The order is that of decoding: by packet within a direction. Legs are numbered in each capture; the \
      JSON report's legs[].observations have the same numbers. From a pipe, frames are listed as they come.
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
    let output = PiecedOutput(try Output(path: nil))
    var options = FrameOptions()
    options.payloadLimit = payload ? Self.payloadLimit : 0
    let keyLog = try captures.keys.load()
    var errors: [CaptureError] = []
    let names = CaptureNames.shortest(of: captures.paths.map { $0 == "-" ? "standard input" : $0 })
    for (path, name) in zip(captures.paths, names) where output.isOpen {
      do throws(CaptureError) {
        let source = Pipeline.Source(
          path: path, filter: captures.filter, keyLog: keyLog, beforeWaiting: { output.flush() },
          isStopped: { !output.isOpen })
        let (capture, _) = try Pipeline.read(source, options: options) { source in
          FrameList(
            format == .text ? .text : .ndjson, source: source, name: names.count > 1 ? name : nil
          ) { output.write($0) }
        }
        if let damage = capture.damage { errors.append(damage) }
      } catch {
        errors.append(error)
      }
    }
    output.flush()
    if let failure = output.failure { throw failure }
    try Output.finish(with: errors)
  }
}
