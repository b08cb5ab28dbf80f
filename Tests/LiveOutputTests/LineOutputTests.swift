import Foundation
import LiveOutput
import Synchronization
import TestSupport
import Testing

@Suite struct LineOutputTests {
  static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }

  static func write(_ lines: [String], to output: LineOutput) {
    for line in lines { output.write(Array("\(line)\n".utf8), count: 1) }
  }

  @Test func `a file moves itself away before it is too long, and only so many are kept`() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path + "/s"
      let output = LineOutput(try LineOutput.Opened(path: path, rotateSize: 10, rotateCount: 2)) { _ in }
      Self.write(
        ["aaaa", "bbbb", "cccc", "dddd", "eeee", "ffff", "a line longer than that", "g"], to: output)
      output.finish()
      #expect(Self.text(path) == "g\n")
      #expect(Self.text(path + ".1") == "a line longer than that\n")
      #expect(Self.text(path + ".2") == "eeee\nffff\n")
      #expect(Self.text(path + ".3") == nil)
      #expect(output.counts.lines == 8 && output.counts.lostLines == 0)
    }
  }

  @Test func `lines that come together are divided between files`() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path + "/s"
      let output = LineOutput(try LineOutput.Opened(path: path, rotateSize: 10, rotateCount: 5)) { _ in }
      output.write(Array("aaaa\nbbbb\ncccc\n".utf8), count: 3)
      output.finish()
      #expect(Self.text(path + ".1") == "aaaa\nbbbb\n" && Self.text(path) == "cccc\n")
    }
  }

  @Test func `what a file holds already is left there`() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path + "/s"
      try Data("old\n".utf8).write(to: URL(fileURLWithPath: path))
      let output = LineOutput(try LineOutput.Opened(path: path, rotateSize: nil, rotateCount: 5)) { _ in }
      Self.write(["new"], to: output)
      output.finish()
      #expect(Self.text(path) == "old\nnew\n")
    }
  }

  @Test func `a line that was left unfinished is ended before the next one`() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path + "/s"
      try Data(#"{"half":"#.utf8).write(to: URL(fileURLWithPath: path))
      let output = LineOutput(try LineOutput.Opened(path: path, rotateSize: nil, rotateCount: 5)) { _ in }
      try FileManager.default.moveItem(atPath: path, toPath: path + ".old")
      try Data("other".utf8).write(to: URL(fileURLWithPath: path))
      Self.write(["new"], to: output)
      output.finish()
      #expect(Self.text(path + ".old") == "{\"half\":\n" && Self.text(path) == "other\nnew\n")
    }
  }

  @Test func `after the file was removed or replaced lines go to the one of its name`() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path + "/s"
      let output = LineOutput(try LineOutput.Opened(path: path, rotateSize: nil, rotateCount: 5)) { _ in }
      try FileManager.default.moveItem(atPath: path, toPath: path + ".old")
      try Data("other\n".utf8).write(to: URL(fileURLWithPath: path))
      Self.write(["new"], to: output)
      output.finish()
      #expect(Self.text(path) == "other\nnew\n" && Self.text(path + ".old") == "")
    }
  }

  @Test func `while nothing can have the file's name, lines are lost, and no longer`() throws {
    try TemporaryFolder.with { folder in
      let path = folder.path + "/in/s"
      let manager = FileManager.default
      try manager.createDirectory(atPath: folder.path + "/in", withIntermediateDirectories: false)
      let output = LineOutput(try LineOutput.Opened(path: path, rotateSize: nil, rotateCount: 5)) { _ in }
      try manager.removeItem(atPath: folder.path + "/in")
      Self.write(["lost"], to: output)
      while output.counts.lostLines == 0 { Thread.sleep(forTimeInterval: 0.01) }
      try manager.createDirectory(atPath: folder.path + "/in", withIntermediateDirectories: false)
      Self.write(["new"], to: output)
      output.finish()
      #expect(Self.text(path) == "new\n" && output.counts.lines == 1)
    }
  }

  @Test func `what a full disk does not take is counted, and told once`() throws {
    let told = Mutex<[String]>([])
    let output = LineOutput(try LineOutput.Opened(path: "/dev/full", rotateSize: nil, rotateCount: 5)) {
      error in
      told.withLock { $0.append("\(error)") }
    }
    Self.write(["one", "three"], to: output)
    output.finish()
    let counts = output.counts
    #expect((counts.lines, counts.lostLines, counts.lostBytes) == (0, 2, 10))
    #expect(told.withLock { $0.count } == 1)
    #expect(told.withLock { $0[0].hasPrefix("/dev/full: no space left on device; ") })
  }

  @Test func `what the disk is too slow for is counted`() throws {
    try TemporaryFolder.with { folder in
      let output = LineOutput(
        try LineOutput.Opened(path: folder.path + "/s", rotateSize: nil, rotateCount: 5)
      ) { _ in }
      output.write([UInt8](repeating: 65, count: 17 << 20), count: 1)
      output.finish()
      let counts = output.counts
      #expect((counts.lines, counts.lostLines, counts.lostBytes) == (0, 1, 17 << 20))
    }
  }
}
