import Capture
import FoundationEssentials

/// Which files the arguments of a command stand for: a folder stands for the captures in it.
struct CapturePaths {
  /// The files of each capture: one, or the parts of a capture that was rotated.
  let captures: [[String]]
  /// What is wrong with a folder, or with what is in it.
  let errors: [CaptureError]

  init(_ arguments: [String]) {
    var paths: [String] = []
    var errors: [CaptureError] = []
    for argument in arguments {
      guard FileStatus(path: argument)?.isFolder == true else {
        paths.append(argument)
        continue
      }
      let before = errors.count
      let found = Self.captures(in: argument, &errors)
      if found.isEmpty, errors.count == before {
        errors.append(
          CaptureError(
            source: argument, problem: "holds no capture", advice: "name a folder with pcap or pcapng files"))
      }
      paths += found
    }
    captures = RotatedFiles.captures(paths) { Interrupt.isRequested }
    self.errors = errors
  }

  /// Bytes of all files, as they lie on disk; `nil` if there is a pipe among them.
  var totalBytes: UInt64? { CaptureSource.totalBytes(of: captures.flatMap { $0 }) }

  /// Reads all captures, one after the other, until the user interrupts.
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
      if Interrupt.isRequested {
        return errors + Self.unread(waiting)
      }
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

  /// What an interruption has left out.
  static func unread(_ captures: some Sequence<[String]>) -> [CaptureError] {
    captures.joined().map { .unread($0) }
  }

  /// The captures in a folder and those below it, by name. Hidden files and links to folders are left out, as are
  /// files that are no captures: notes and key logs lie beside them.
  private static func captures(in folder: String, _ errors: inout [CaptureError]) -> [String] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      errors.append(
        CaptureError(
          source: folder, problem: "cannot be listed", advice: "make the folder readable for this user"))
      return []
    }
    var captures: [String] = []
    for name in names.sorted() where !name.hasPrefix(".") {
      let path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
      let attributes = try? FileManager.default.attributesOfItem(atPath: path)
      if attributes?[.type] as? FileAttributeType == .typeDirectory {
        captures += Self.captures(in: path, &errors)
      } else if FileStatus(path: path)?.isRegular == true {
        do throws(CaptureError) {
          if try CaptureSource.isCapture(path) { captures.append(path) }
        } catch {
          errors.append(error)
        }
      }
    }
    return captures
  }
}
