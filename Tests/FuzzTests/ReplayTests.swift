import Foundation
import FuzzTargets
import Testing

/// What fuzzing has found so far, replayed: `make fuzz` searches on from here.
@Suite struct ReplayTests {
  @Test(arguments: FuzzTarget.allCases)
  func `every input of the corpus keeps what the target promises`(target: FuzzTarget) throws {
    let inputs = try Self.inputs("corpus", target)
    #expect(inputs.count >= 5, "the corpus of \(target.rawValue) is missing: scripts/write-seeds makes it")
    for (name, bytes) in inputs {
      #expect(throws: Never.self, "Fuzz/corpus/\(target.rawValue)/\(name)") { try target.run(bytes) }
    }
  }

  @Test(arguments: FuzzTarget.allCases)
  func `what once failed fails no more`(target: FuzzTarget) throws {
    for (name, bytes) in try Self.inputs("crashes", target) {
      #expect(throws: Never.self, "Fuzz/crashes/\(target.rawValue)/\(name)") { try target.run(bytes) }
    }
  }

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Fuzz")

  /// The files of a folder; none if it is not there.
  private static func inputs(_ kind: String, _ target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])]
  {
    let folder = folder.appending(path: kind).appending(path: target.rawValue)
    guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map {
      (name: $0, bytes: Array(try Data(contentsOf: folder.appending(path: $0))))
    }
  }
}
