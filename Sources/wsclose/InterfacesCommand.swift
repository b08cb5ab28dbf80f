import ArgumentParser
import Capture
import Report

/// `wsclose interfaces`
struct InterfacesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "interfaces", abstract: "List what wsclose live can capture on.")

  func run() throws {
    var lines: [String] = []
    do throws(CaptureError) {
      lines = try LiveSource.availableInterfaces().filter(\.isNetwork).map { Self.line($0) }
    } catch {
      try Output.finish(with: [error])
    }
    try Output(path: nil).write(lines.joined().utf8Span.span)
  }

  private static func line(_ interface: InterfaceDescription) -> String {
    var notes = interface.isUp ? ["up"] : ["down"]
    if interface.isLoopback { notes.append("loopback") }
    if let note = interface.note { notes.append(note) }
    return Escape.terminal("\(interface.name)  \(notes.joined(separator: ", "))") + "\n"
  }
}
