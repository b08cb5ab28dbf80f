import Limits
import ArgumentParser
import Capture
import CloseAnalysis
import Pipeline
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
  private static let payloadLimit = Limits.standard.maxShownPayload

  func run() throws {
    Interrupt.install()
    let output = PiecedOutput(try Output(path: nil))
    var options = FrameOptions()
    options.payloadLimit = payload ? Self.payloadLimit : 0
    let keyLog = try captures.keys.load()
    let paths = CapturePaths(captures.paths)
    let names = Self.names(of: paths.captures.flatMap { $0 })
    let progress = ProgressLine(isShown: !Output.isTerminal, totalBytes: paths.totalBytes)
    var count = 0
    let errors = paths.readEach(while: { output.isOpen }) { paths throws(CaptureError) in
      var source = captures.source(paths)
      source.index = count
      count += 1
      source.beforeWaiting = { output.flush() }
      source.isStopped = { !output.isOpen }
      let files = paths.map { names[$0] ?? CaptureFileName(source: $0) }
      let reading = try Pipeline.readTelling(
        source, keyLog: keyLog, options: options,
        into: FrameList(format == .text ? .text : .ndjson, files: files) { frame in
          output.write { $0.append(frame.span) }
        }, progress: progress)
      return (reading.damages, reading.remaining)
    }
    try output.finish()
    try Output.finish(with: errors)
  }

  private static func names(of paths: [String]) -> [String: CaptureFileName] {
    let sources = paths.map { CaptureSource.name(of: $0) }
    let short = CaptureNames.shortest(of: sources)
    let files = sources.indices.map {
      CaptureFileName(source: sources[$0], name: paths.count > 1 ? short[$0] : nil)
    }
    return Dictionary(zip(paths, files)) { first, _ in first }
  }
}
