import Capture
import CloseAnalysis
import Streams
import WSDecode

/// The report for programs: `docs/report.schema.json` is its contract.
package enum JSONReport {
  /// One object, schema `wsclose.report/1`, in pieces: one of many sessions is larger than all that is known of them.
  ///
  /// - Parameter write: gets each piece.
  package static func report(_ analysis: Analysis, sessions: [Session], _ write: (Span<UInt8>) -> Void) {
    let json = SessionJSON(PlaceJSON(analysis.captures))
    var writer = JSONWriter(isIndented: true)
    writer.object { writer in
      writer.field("schema", word: "wsclose.report/1")
      writer.array("captures", analysis.captures) { writer, capture in
        writer.object { Self.write(capture, &$0) }
      }
      writer.object("summary") { Self.write(summary: analysis, &$0) }
      writer.array("sessions") { writer in
        let depth = writer.depth
        SessionPieces.write(
          sessions,
          { session, text in
            var element = JSONWriter(isIndented: true, depth: depth, after: consume text)
            element.object { json.write(session, &$0) }
            text = element.finished()
          },
          { writer.passOn(elements: $0, write) })
      }
    }
    writer.endLine()
    writer.finished().withSpan(write)
  }

  /// One object, schema `wsclose.report/1`, for few sessions.
  package static func report(_ analysis: Analysis, sessions: [Session]) -> [UInt8] {
    var report = TextBuffer()
    Self.report(analysis, sessions: sessions) { report.append($0) }
    return report.takeBytes()
  }

  /// One object a line and session, schema `wsclose.session/1`, in pieces.
  ///
  /// - Parameter write: gets each piece: some lines.
  package static func lines(_ analysis: Analysis, sessions: [Session], _ write: (Span<UInt8>) -> Void) {
    let place = PlaceJSON(analysis.captures)
    SessionPieces.write(sessions, { append($0, place, to: &$1) }, write)
  }

  /// The line of one session, schema `wsclose.session/1`.
  package static func line(_ session: Session, captures: [CaptureSummary]) -> [UInt8] {
    var line = TextBuffer()
    append(session, PlaceJSON(captures), to: &line)
    return line.takeBytes()
  }

  /// Adds the line of one session, schema `wsclose.session/1`.
  ///
  /// - Parameter place: of the captures that hold its packets.
  package static func append(_ session: Session, _ place: PlaceJSON, to lines: inout TextBuffer) {
    var writer = JSONWriter(isIndented: false, after: consume lines)
    writer.object { writer in
      writer.field("schema", word: "wsclose.session/1")
      SessionJSON(place).write(session, &writer)
    }
    writer.endLine()
    lines = writer.finished()
  }

  private static func write(_ capture: CaptureSummary, _ writer: inout JSONWriter) {
    let statistics = capture.statistics
    writer.field("source", capture.source)
    writer.field("linkType", capture.linkTypes)
    if capture.parts.count > 1 {
      writer.array("parts", capture.parts) { writer, part in
        writer.object { writer in
          writer.field("source", part.source)
          writer.field("packets", part.packets)
          writer.field("damage", part.damage?.description)
        }
      }
    }
    writer.field("packets", statistics.packets)
    writer.field("bytes", statistics.bytes)
    writer.field("firstPacket", statistics.firstPacket, as: TimeText(statistics))
    writer.field("lastPacket", statistics.lastPacket, as: TimeText(statistics))
    writer.field("truncatedPackets", statistics.truncatedPackets)
    writer.object("skipped") { writer in
      for packets in capture.unused { writer.field(name: packets.reason, packets.count) }
    }
    writer.object("limits") { writer in
      writer.field("heldBytes", capture.reassembly.heldLimitHits)
      writer.field("connections", capture.reassembly.tableEvictions)
      writer.field("idle", capture.reassembly.idleEvictions)
      writer.field("fragments", statistics.fragments.limitHits)
    }
    writer.object("tcp") { writer in
      writer.field("conflictingOverlaps", capture.reassembly.conflictingOverlaps)
      writer.field("keepAlives", capture.reassembly.keepAlives)
      writer.field("urgentSegments", capture.reassembly.urgentSegments)
    }
    writer.object("fragments") { writer in
      writer.field("reassembled", statistics.fragments.datagrams)
      writer.field("overlapping", statistics.fragments.overlaps)
    }
    writer.object("tls") { writer in
      writer.field("connections", capture.tls.connections)
      writer.field("opened", capture.tls.decrypted)
      writer.field("withoutKeys", capture.tls.withoutSecrets)
      writer.field("withoutHandshake", capture.tls.withoutHandshake)
      writer.field("withWrongKeys", capture.tls.withWrongSecrets)
      writer.field("withUnsupportedSuite", capture.tls.withUnsupportedSuite)
    }
    writer.field("dropped", statistics.dropped)
    writer.seconds("clockCorrection", capture.clockCorrection)
    writer.field("damage", capture.damage?.description)
  }

  private static func write(summary analysis: Analysis, _ writer: inout JSONWriter) {
    writer.field("sessions", UInt64(analysis.sessions.count))
    for verdict in Verdict.allCases {
      writer.field(name: verdict.rawValue, UInt64(analysis.count(verdict)))
    }
    writer.field("flows", analysis.captures.reduce(0) { $0 + $1.reassembly.connections })
  }
}
