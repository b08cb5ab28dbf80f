import Foundation
import Testing

/// The real `wsclose`, run as a person or a script runs it.
enum Command {
  struct Outcome: Sendable {
    var status: Int32
    var output: String
    var errors: String

    /// The lines on standard error; a message ends with one newline.
    var errorLines: [Substring] { errors.split(separator: "\n", omittingEmptySubsequences: true) }
  }

  /// SwiftPM puts the executable beside the test bundle that is running.
  static let path = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    .appendingPathComponent("wsclose").path

  /// The repository.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path

  /// Tests start all at once, and every run holds file descriptors.
  private static let slots = Slots(4)

  /// A run that takes longer is killed, and then its status is 137.
  private static let secondsAllowed = 60

  static func wsclose(
    _ arguments: [String], in folder: String? = nil, input: String = "/dev/null",
    environment: [String: String] = [:]
  ) async throws -> Outcome {
    try #require(
      FileManager.default.isExecutableFile(atPath: path), "\(path) is missing: swift build makes it")
    return try await run([path] + arguments, in: folder, input: input, environment: environment)
  }

  /// A shell script, in which `$wsclose` is the command and `$1`, `$2` ... are the arguments.
  static func shell(
    _ script: String, _ arguments: [String] = [], environment: [String: String] = [:]
  ) async throws -> Outcome {
    var environment = environment
    environment["wsclose"] = path
    return try await run(["/bin/sh", "-c", script, "sh"] + arguments, environment: environment)
  }

  /// - Parameter input: the file that is standard input.
  static func run(
    _ command: [String], in folder: String? = nil, input: String = "/dev/null",
    environment: [String: String] = [:]
  ) async throws -> Outcome {
    await slots.take()
    defer { Task { await slots.giveBack() } }
    return try await TemporaryFiles.with { files in
      // Files and no pipes: a pipe can fill up, and a process started meanwhile can keep it open.
      let (output, errors) = (try files.file("stdout"), try files.file("stderr"))
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = ["timeout", "-s", "KILL", "\(secondsAllowed)"] + command
      if let folder { process.currentDirectoryURL = URL(fileURLWithPath: folder) }
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      let handles = [
        try FileHandle(forReadingFrom: URL(fileURLWithPath: input)),
        try FileHandle(forWritingTo: URL(fileURLWithPath: output)),
        try FileHandle(forWritingTo: URL(fileURLWithPath: errors)),
      ]
      (process.standardInput, process.standardOutput, process.standardError) = (
        handles[0], handles[1], handles[2]
      )
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        process.terminationHandler = { _ in continuation.resume() }
        do {
          try process.run()
        } catch {
          process.terminationHandler = nil
          continuation.resume(throwing: error)
        }
      }
      // The process object does not go away, and would keep them open.
      for handle in handles { try handle.close() }
      return Outcome(
        status: process.terminationStatus, output: try String(contentsOfFile: output, encoding: .utf8),
        errors: try String(contentsOfFile: errors, encoding: .utf8))
    }
  }
}

/// Lets only so many go on at a time.
actor Slots {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ count: Int) { free = count }

  func take() async {
    guard free == 0 else { return free -= 1 }
    await withCheckedContinuation { waiting.append($0) }
  }

  func giveBack() {
    if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
  }
}

/// A folder for the files of one test; it is gone when the test is.
struct TemporaryFiles: Sendable {
  let path: String

  static func with<R: Sendable>(_ body: (TemporaryFiles) async throws -> R) async throws -> R {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("wsclose-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(TemporaryFiles(path: folder.path))
  }

  /// Writes a file and returns its path.
  func file(_ name: String, _ bytes: some Sequence<UInt8> = []) throws -> String {
    let path = self.path + "/" + name
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }
}
