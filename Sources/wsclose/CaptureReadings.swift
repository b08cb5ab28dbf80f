import Capture
import CloseAnalysis
import Dispatch
import Pipeline
import Synchronization
import TLSDecode

/// What was read of all captures of a report.
struct CaptureReadings {
  private(set) var captures: [CaptureSummary] = []
  private(set) var legs: [Leg] = []
  private(set) var errors: [CaptureError] = []

  /// - Parameter source: how each capture is read.
  init(_ paths: CapturePaths, _ source: CaptureSource, _ keyLog: KeyLog) {
    if !readTogether(paths, source, keyLog) { readInTurn(paths, source, keyLog) }
  }

  private mutating func add(_ reading: Pipeline.Reading<LegCollector>) {
    captures.append(reading.summary)
    legs += reading.sink.legs
  }

  private mutating func readInTurn(_ paths: CapturePaths, _ source: CaptureSource, _ keyLog: KeyLog) {
    let progress = ProgressLine(totalBytes: paths.totalBytes)
    errors = paths.readEach { files throws(CaptureError) in
      var source = source
      source.paths = files
      source.index = captures.count
      let reading = try Pipeline.readTelling(
        source, keyLog: keyLog, into: LegCollector(capture: source.index), progress: progress)
      add(reading)
      return (reading.damages, reading.remaining)
    }
  }

  /// Reads several files at once, on as many cores as there are.
  ///
  /// - Returns: false if one of the captures has to wait for another.
  private mutating func readTogether(
    _ paths: CapturePaths, _ source: CaptureSource, _ keyLog: KeyLog
  ) -> Bool {
    guard paths.captures.count > 1,
      paths.captures.allSatisfy({ $0.count == 1 && FileStatus(path: $0[0])?.isRegular == true })
    else { return false }
    var errors = paths.errors
    let sources = Self.readable(paths.captures, source, &errors)
    let progress = ProgressLine(totalBytes: paths.totalBytes)
    let begun = Mutex(0)
    let readings = Mutex([Int: Pipeline.Reading<LegCollector>]())
    DispatchQueue.concurrentPerform(iterations: sources.count) { _ in
      // In their order, so that those that were read stand first when the user interrupts.
      let index = begun.withLock { count -> Int? in
        guard !Interrupt.isRequested else { return nil }
        count += 1
        return count - 1
      }
      guard let index else { return }
      let reading = try? Pipeline.readTelling(
        sources[index], keyLog: keyLog, into: LegCollector(capture: index), isAlone: false, progress: progress
      )
      readings.withLock { $0[index] = reading }
    }
    let count = begun.withLock { $0 }
    let all = readings.withLock { readings in (0..<count).compactMap { readings[$0] } }
    // One that could be opened a moment ago cannot any more.
    guard all.count == count else { return false }
    for reading in all {
      add(reading)
      errors += reading.damages
    }
    self.errors = errors + CapturePaths.unread(sources[count...].map(\.paths))
    return true
  }

  /// Those of the captures that can be read, each with its place among them.
  private static func readable(
    _ captures: [[String]], _ source: CaptureSource, _ errors: inout [CaptureError]
  ) -> [CaptureSource] {
    var sources: [CaptureSource] = []
    for files in captures {
      var source = source
      source.paths = files
      source.index = sources.count
      do throws(CaptureError) {
        try source.check()
        sources.append(source)
      } catch {
        errors.append(error)
      }
    }
    return sources
  }
}
