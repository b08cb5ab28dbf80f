import Capture
import Foundation

/// What `wsclose diff` is given: a report that it wrote, or else a capture.
enum ReportFile {
  /// The bytes of a report, JSON or NDJSON. Without any session NDJSON has no byte.
  case report([UInt8])
  /// Something else: no capture begins with a brace. `beginning` was read of a pipe to see that.
  case capture(beginning: [UInt8])

  init(path: String) throws(CaptureError) {
    let beginning: Data
    // What cannot be opened or read is for the reader of captures to name.
    guard let file = path == "-" ? .standardInput : FileHandle(forReadingAtPath: path) else {
      self = .capture(beginning: [])
      return
    }
    do {
      beginning = try file.read(upToCount: 1) ?? Data()
    } catch {
      self = .capture(beginning: [])
      return
    }
    guard beginning.isEmpty || beginning == Data("{".utf8) else {
      let isReadAgain = path != "-" && (try? file.seek(toOffset: 0)) != nil
      self = .capture(beginning: isReadAgain ? [] : Array(beginning))
      return
    }
    do {
      self = .report(Array(beginning + (try file.readToEnd() ?? Data())))
    } catch {
      throw CaptureError(source: path, problem: "cannot be read", advice: "check the disk it lies on")
    }
  }
}
