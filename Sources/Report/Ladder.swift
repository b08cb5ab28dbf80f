import Capture
import CloseAnalysis
import Streams

/// What happened, a line each, between server (left) and client (right):
///
///     0.000 s  server ──▶ proxy              CLOSE 4321 "test"         packet 144
///     2.997 s             proxy ──▶ client   FIN, 907,008 bytes short  packet 173
struct Ladder {
  private let session: Session
  /// Names from the server to the client; one more than there are legs.
  private let parties: [String]

  private let captures: [CaptureSummary]
  /// Whether a packet is told with its file.
  private let hasSeveralFiles: Bool

  init(_ session: Session, captures: [CaptureSummary]) {
    self.session = session
    self.captures = captures
    hasSeveralFiles = captures.reduce(0) { $0 + $1.parts.count } > 1
    let proxies = session.legs.count - 1
    let middle = (0..<proxies).map { proxies == 1 ? "proxy" : "proxy \(proxies - $0)" }
    // Who answered the upgrade tells whether it is a proxy; unseen, it may be one.
    let isServer = session.legs.last.map { $0.response != nil && $0.proxyName == nil } ?? false
    parties =
      [isServer ? "server" : "upstream"] + middle + [session.hop.isTheClient ? "client" : "downstream"]
  }

  func write(_ style: TextStyle, to lines: inout TextBuffer) {
    // The handshake is what there is to see where no WebSocket came of it.
    let isRefusal = !session.legs.contains { $0.hasFrames }
    let timeline = session.timeline
    var rows: [Row] = []
    rows.reserveCapacity(timeline.count)
    var widths = (time: 0, arrow: 0, event: 0)
    for entry in timeline where isRefusal || !entry.event.isHandshake {
      let first = rows.first?.packet ?? entry.packet
      let row = Row(
        time: Moment(entry.packet.time.seconds(since: first.time)), left: parties.count - 2 - entry.leg,
        isFromServer: entry.from == .server, event: EventText(entry), packet: entry.packet)
      rows.append(row)
      widths.time = max(widths.time, row.time.columns)
      widths.arrow = max(widths.arrow, columns(of: row))
      widths.event = max(widths.event, row.event.columns)
    }
    for row in rows {
      lines.append("  ")
      style.dim(in: &lines) { write(row, widths, to: &$0) }
      lines.append("\n")
    }
  }

  private struct Row {
    var time: Moment
    /// The party at the left end of the arrow.
    var left: Int
    var isFromServer: Bool
    var event: EventText
    var packet: PacketReference
  }

  private func write(_ row: Row, _ widths: (time: Int, arrow: Int, event: Int), to line: inout TextBuffer) {
    let space = UInt8(ascii: " ")
    line.append(space, repeated: widths.time - row.time.columns)
    row.time.write(to: &line)
    line.append(space, repeated: 2 + indent(of: row))
    line.append(parties[row.left])
    line.append(row.isFromServer ? " ──▶ " : " ◀── ")
    line.append(parties[row.left + 1])
    line.append(space, repeated: widths.arrow - columns(of: row) + 2)
    row.event.write(to: &line)
    line.append(space, repeated: widths.event - row.event.columns + 2)
    if hasSeveralFiles {
      line.append(Escape.terminal(captures[Int(row.packet.capture)].name(of: row.packet)))
      line.append(space)
    }
    line.append("packet ")
    line.append(decimal: row.packet.number)
  }

  /// A leg's arrow stands under the names of the parties that it joins.
  private func indent(of row: Row) -> Int {
    parties[..<row.left].reduce(0) { $0 + $1.utf8.count + Self.signColumns }
  }

  /// Of the arrow with its indent.
  private func columns(of row: Row) -> Int {
    indent(of: row) + parties[row.left].utf8.count + Self.signColumns + parties[row.left + 1].utf8.count
  }

  /// The columns of `──▶` with a space on each side.
  private static let signColumns = 5
}

/// Milliseconds: `2.997 s`.
private struct Moment {
  private let milliseconds: Int64
  let columns: Int

  init(_ seconds: Double) {
    milliseconds = Int64((max(-1e9, min(seconds, 1e9)) * 1000).rounded())
    columns = (milliseconds < 0 ? 1 : 0) + (milliseconds.magnitude / 1000).decimalDigits + 6
  }

  func write(to line: inout TextBuffer) {
    if milliseconds < 0 { line.append("-") }
    line.append(decimal: milliseconds.magnitude / 1000)
    line.append(".")
    line.append(decimal: milliseconds.magnitude % 1000, width: 3)
    line.append(" s")
  }
}

/// `CLOSE 4321 "test"`
private struct EventText {
  private let name: String
  private let detail: String
  let columns: Int

  init(_ entry: TimelineEntry) {
    detail = Escape.terminal(entry.detail)
    switch entry.event {
    case .close: name = "CLOSE "
    case .gap, .frame, .request, .response: name = ""
    default: name = detail.isEmpty ? entry.event.name : "\(entry.event.name), "
    }
    // What is combining joins the character before it.
    columns = detail.utf8.span.isASCII ? name.utf8.count + detail.utf8.count : (name + detail).columns
  }

  func write(to line: inout TextBuffer) {
    line.append(name)
    line.append(detail)
  }
}
