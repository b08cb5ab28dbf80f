import Capture

/// What `wsclose diff` is given: a report that it wrote, or else a capture.
enum ReportFile {
  /// The bytes of a report, JSON or NDJSON. Without any session NDJSON has no byte.
  case report([UInt8])
  /// Something else: no capture begins with a brace. `beginning` was read of a pipe to see that.
  case capture(beginning: [UInt8])

  init(path: String) throws(CaptureError) {
    // What cannot be opened or read is for the reader of captures to name.
    guard let file = InputFile(path: path), let beginning = try? file.read(upTo: 1) else {
      self = .capture(beginning: [])
      return
    }
    guard beginning.isEmpty || beginning == [UInt8(ascii: "{")] else {
      let isReadAgain = path != "-" && file.rewind()
      self = .capture(beginning: isReadAgain ? [] : beginning)
      return
    }
    do {
      self = .report(beginning + (try file.read()))
    } catch {
      throw CaptureError(source: path, problem: "cannot be read", advice: "check the disk it lies on")
    }
  }
}
