import Capture
import FoundationEssentials

/// Which files the arguments of a command stand for: a folder stands for the captures in it.
struct CapturePaths {
  /// The files of each capture: one, or the parts of a capture that was rotated.
  let captures: [[String]]
  /// What is wrong with a folder.
  let errors: [CaptureError]

  init(_ arguments: [String]) {
    var paths: [String] = []
    var errors: [CaptureError] = []
    for argument in arguments {
      guard CaptureSource.isFolder(argument) else {
        paths.append(argument)
        continue
      }
      let found = Self.captures(in: argument)
      if found.isEmpty {
        errors.append(
          CaptureError(
            source: argument, problem: "holds no capture", advice: "name a folder with pcap or pcapng files"))
      }
      paths += found
    }
    captures = RotatedFiles.captures(paths)
    self.errors = errors
  }

  /// Reads all captures, one after the other.
  ///
  /// - Parameters:
  ///   - isWanted: asked before each.
  ///   - read: reads a capture; returns where it is damaged, and files that turned out to be no parts of it: they are read as
  ///     another one.
  /// - Returns: all that is wrong, folders first.
  func readEach(
    while isWanted: () -> Bool = { true },
    _ read: ([String]) throws(CaptureError) -> (damages: [CaptureError], remaining: [String])
  ) -> [CaptureError] {
    var errors = errors
    var waiting = captures
    while !waiting.isEmpty, isWanted() {
      do throws(CaptureError) {
        let (damages, remaining) = try read(waiting.removeFirst())
        errors += damages
        if !remaining.isEmpty { waiting.insert(remaining, at: 0) }
      } catch {
        errors.append(error)
      }
    }
    return errors
  }

  /// The captures in a folder and those below it, by name. Hidden files and links to folders are left out, as are
  /// files that are no captures: notes and key logs lie beside them.
  private static func captures(in folder: String) -> [String] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return [] }
    return names.sorted().filter { !$0.hasPrefix(".") }.flatMap { name -> [String] in
      let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
      switch try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType {
      case .typeDirectory?: return captures(in: path)
      case .typeRegular?: return CaptureSource.isCapture(path) ? [path] : []
      case .typeSymbolicLink?:
        return !CaptureSource.isFolder(path) && CaptureSource.isCapture(path) ? [path] : []
      default: return []
      }
    }
  }
}
