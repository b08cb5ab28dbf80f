import Capture
import Foundation
import TLSDecode

extension KeyLog {
  /// Reads key log files.
  ///
  /// - Parameter warn: gets a line for each file with lines that are none of a key log.
  init(files: [String], warn: (String) -> Void) throws(CaptureError) {
    self.init()
    for path in files {
      guard let bytes = try? Data(contentsOf: URL(filePath: path)) else {
        throw CaptureError(
          source: path, problem: "the key log cannot be read", advice: "check the path and its permissions")
      }
      var log = self
      log.beginFile()
      log.append(bytes)
      log.finish()
      if let bad = log.malformed {
        warn(
          "\(path), line \(bad.firstLine): not a line of a key log (\(bad.count) such lines);"
            + " lines are LABEL CLIENT_RANDOM SECRET in hexadecimal digits")
      }
      self = log
    }
  }
}
