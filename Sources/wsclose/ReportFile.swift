import Capture
import Foundation

/// A file that holds a JSON report, told from captures by its first byte.
struct ReportFile {
  let bytes: [UInt8]

  /// - Returns: `nil` if the file is something else: no capture begins with a brace.
  init?(path: String) throws(CaptureError) {
    guard path != "-", let file = FileHandle(forReadingAtPath: path),
      let first = try? file.read(upToCount: 1), first == Data("{".utf8)
    else { return nil }
    do {
      bytes = Array(first + (try file.readToEnd() ?? Data()))
    } catch {
      throw CaptureError(source: path, problem: "cannot be read", advice: "check the disk it lies on")
    }
  }
}
