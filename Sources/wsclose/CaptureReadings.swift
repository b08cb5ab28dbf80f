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
    let progress = ProgressLine(isShown: true)
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
  /// - Returns: false if one of the captures has to wait for another, or cannot be read at all.
  private mutating func readTogether(
    _ paths: CapturePaths, _ source: CaptureSource, _ keyLog: KeyLog
  ) -> Bool {
    let files = paths.captures
    guard files.count > 1, paths.errors.isEmpty,
      files.allSatisfy({ $0.count == 1 && CaptureSource.isCapture($0[0]) })
    else { return false }
    let progress = ProgressLine(isShown: true)
    let readings = Mutex([Int: Pipeline.Reading<LegCollector>]())
    DispatchQueue.concurrentPerform(iterations: files.count) { index in
      var source = source
      source.paths = files[index]
      source.index = index
      let reading = try? Pipeline.readTelling(
        source, keyLog: keyLog, into: LegCollector(capture: index), isAlone: false, progress: progress)
      readings.withLock { $0[index] = reading }
    }
    let all = readings.withLock { readings in files.indices.compactMap { readings[$0] } }
    guard all.count == files.count else { return false }
    for reading in all {
      add(reading)
      errors += reading.damages
    }
    return true
  }
}
