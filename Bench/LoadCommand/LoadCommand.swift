import ArgumentParser
import BenchLoad
import Foundation

/// Makes a capture for the benchmark.
@main
struct LoadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "wsclose-load",
    abstract: "Makes a capture of a chosen size out of clones of the recorded sessions.",
    discussion: """
      Whole connections are cloned, with addresses, ports, sequence numbers, keys of the handshake, masking keys, \
      request IDs and times of their own. Prints what the capture holds, as JSON.

        mix       bulk HTTP, and a few WebSockets among it
        ws        short WebSockets, both legs of each
        messages  long WebSockets with many small frames, both legs of each
      """)

  @Argument(help: "mix, ws or messages.")
  var kind: LoadKind

  @Argument(help: "The file to write.")
  var output: String

  @Option(help: "WebSockets (mix 2000, ws 100000, messages 200).")
  var sessions: Int?

  @Option(help: "TCP connections in all, of mix (8000).")
  var flows: Int?

  @Option(help: "WebSocket frames in all, of messages (10000000).")
  var frames: Int?

  @Option(help: "WebSockets and downloads open at the same time (1000; messages: all).")
  var concurrent: Int?

  @Option(help: "How probable it is that a packet comes behind later ones (0).")
  var reorder = 0.0

  @Option(help: "How probable it is that a packet is missing (0).")
  var loss = 0.0

  @Option(help: "The same seed makes the same capture.")
  var seed: UInt64 = 1

  @Option(help: "The folder of the recordings.")
  var samples = "samples"

  func validate() throws {
    for number in [sessions, flows, frames, concurrent] where number.map({ $0 < 1 }) ?? false {
      throw ValidationError("a capture holds at least one of each")
    }
    guard (0..<1).contains(reorder), (0..<1).contains(loss) else {
      throw ValidationError("a probability is at least 0 and less than 1")
    }
  }

  func run() throws {
    var size = LoadSize(kind)
    size.sessions = sessions ?? size.sessions
    size.flows = flows ?? size.flows
    size.frames = frames ?? size.frames
    size.concurrent = concurrent ?? (kind == .messages ? size.sessions : size.concurrent)
    let load = try Load(
      kind, size: size, disorder: Disorder(reorder: reorder, loss: loss), samples: samples, seed: seed)
    guard FileManager.default.createFile(atPath: output, contents: nil),
      let file = FileHandle(forWritingAtPath: output)
    else { throw ValidationError("cannot write \(output)") }
    let summary = try load.write { try file.write(contentsOf: Data($0)) }
    try file.close()
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    print(String(decoding: try encoder.encode(summary), as: UTF8.self))
  }
}

extension LoadKind: ExpressibleByArgument {}
