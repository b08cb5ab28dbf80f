import Capture
import CloseAnalysis
import Foundation
import Pipeline
import Report
import Streams
import Synchronization
import WSDecode

/// The bytes of a capture file, all the way to the reports.
enum PipelineTarget {
  static func run(_ bytes: [UInt8]) throws(BrokenInvariant) {
    guard let reports = Reports(of: bytes) else { return }
    try demand(Reports(of: bytes) == reports, "the same bytes give another report")
    try demand(reports.streamed == reports.whole, "sessions told while reading are not those of the capture")
    try demand(isJSON(reports.json), "the JSON report is none")
    for line in reports.lines.split(separator: UInt8(ascii: "\n")) {
      try demand(isJSON(Array(line)), "a line of the NDJSON report is no JSON")
    }
    for line in reports.frameLines.split(separator: UInt8(ascii: "\n")) {
      try demand(isJSON(Array(line)), "a line of the list of frames is no JSON")
    }
    for (name, report) in reports.all {
      try demand(isHarmless(report), "a terminal would act on the \(name)")
    }
  }

  private static func isJSON(_ bytes: [UInt8]) -> Bool {
    (try? JSONSerialization.jsonObject(with: Data(bytes))) != nil
  }

  /// UTF-8 without a control character but the newline, and without what turns the direction of text.
  private static func isHarmless(_ bytes: [UInt8]) -> Bool {
    guard let text = String(validating: bytes, as: UTF8.self) else { return false }
    return text.unicodeScalars.allSatisfy { scalar in
      switch scalar.value {
      case 0x0a: true
      case 0..<0x20, 0x7f..<0xa0, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x2069, 0xfeff: false
      default: true
      }
    }
  }
}

/// All that can be reported of a capture.
private struct Reports: Equatable {
  var text: [UInt8]
  var json: [UInt8]
  var lines: [UInt8]
  var frames: [UInt8]
  var frameLines: [UInt8]

  var all: [(name: String, report: [UInt8])] {
    [
      ("text report", text), ("JSON report", json), ("NDJSON report", lines), ("list of frames", frames),
      ("list of frames as NDJSON", frameLines),
    ]
  }

  /// Sessions as lines, without their numbers: those of the whole capture, and those told while it was read. Without
  /// sessions that had no leg open for a while.
  var whole: [[UInt8]]
  var streamed: [[UInt8]]

  private static func unnumbered(_ sessions: [Session]) -> [[UInt8]] {
    sessions.map { session in
      var session = session
      session.id = 0
      // What several have in common is told of those that are near in time.
      session.findings.removeAll { ["mass-teardown", "idle-timeout"].contains($0.rule) }
      return JSONReport.line(session, captures: [Sinks.capture])
    }.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// - Returns: `nil` if the bytes are no capture.
  init?(of bytes: [UInt8]) {
    var options = FrameOptions()
    options.payloadLimit = 64 << 10
    guard let reading = try? Pipeline.read(CaptureSource(bytes: bytes), options: options, into: Sinks())
    else { return nil }
    var sinks = reading.sink
    sinks.stream.finish()
    let analysis = Analysis(captures: [reading.summary], legs: sinks.collector.legs)
    // A response without its request is told when its connection ends. If its session has been told by then, it is one
    // of its own.
    let torn = analysis.sessions.filter { !sinks.spans.areJoined(of: $0) }
    let tornLegs = Set(torn.flatMap(\.legNumbers))
    func isWhole(_ session: Session) -> Bool { tornLegs.isDisjoint(with: session.legNumbers) }
    whole = Self.unnumbered(analysis.sessions.filter(isWhole))
    streamed = Self.unnumbered(sinks.told.sessions.filter(isWhole))
    text = Array(
      TextReport(analysis, sessions: analysis.sessions, style: TextStyle(isColoured: false)).text.utf8)
    json = JSONReport.report(analysis, sessions: analysis.sessions)
    var lines = TextBuffer()
    JSONReport.lines(analysis, sessions: analysis.sessions) { lines.append($0) }
    self.lines = lines.takeBytes()
    frames = sinks.frames.bytes
    frameLines = sinks.frameLines.bytes
  }
}

/// Takes the legs for the reports and for both lists of frames.
private struct Sinks: LegSink {
  final class Output: Sendable {
    private let written = Mutex([UInt8]())

    var bytes: [UInt8] { written.withLock { $0 } }
    func write(_ line: [UInt8]) { written.withLock { $0 += line } }
  }
  final class Told { var sessions: [Session] = [] }

  static let capture = CaptureSummary(
    parts: [CapturePart(source: "fuzz.pcap")], statistics: CaptureStatistics(), reassembly: .init())
  let told = Told()
  var stream: SessionStream

  private(set) var collector = LegCollector()
  private(set) var spans = LegSpans()
  let frames = Output()
  let frameLines = Output()
  private var list: FrameList
  private var lines: FrameList

  init() {
    stream = SessionStream(capture: Self.capture) { [told] in told.sessions.append($0) }
    list = FrameList(.text, files: [CaptureFileName(source: "fuzz.pcap")]) { [frames] in frames.write($0) }
    lines = FrameList(.ndjson, files: [CaptureFileName(source: "fuzz.pcap")]) { [frameLines] in
      frameLines.write($0)
    }
  }

  mutating func receive(_ event: LegEvent, on leg: LegID) {
    spans.note(event, on: leg)
    collector.receive(event, on: leg)
    stream.receive(event, on: leg)
    list.receive(event, on: leg)
    lines.receive(event, on: leg)
  }

  mutating func receive(_ frame: Frame, on leg: LegID) {
    collector.receive(frame, on: leg)
    stream.receive(frame, on: leg)
    list.receive(frame, on: leg)
    lines.receive(frame, on: leg)
  }

  mutating func receive(
    _ frames: Span<WholeFrame>, of side: Side, in packet: PacketReference, on leg: LegID
  ) {
    collector.receive(frames, of: side, in: packet, on: leg)
    stream.receive(frames, of: side, in: packet, on: leg)
    list.receive(frames, of: side, in: packet, on: leg)
    lines.receive(frames, of: side, in: packet, on: leg)
  }
}
