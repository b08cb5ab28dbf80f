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

  init(_ session: Session, captures: [CaptureSummary]) {
    self.session = session
    self.captures = captures
    let proxies = session.legs.count - 1
    let middle = (0..<proxies).map { proxies == 1 ? "proxy" : "proxy \(proxies - $0)" }
    // Who answered the upgrade tells whether it is a proxy; unseen, it may be one.
    let isServer = session.legs.last?.response.map { Proxy.name(in: $0) == nil } ?? false
    parties =
      [isServer ? "server" : "upstream"] + middle + [session.hop.isTheClient ? "client" : "downstream"]
  }

  var lines: [String] {
    // The handshake is what there is to see where no WebSocket came of it.
    let isRefusal = !session.legs.contains { $0.hasFrames }
    let entries = session.timeline.filter { isRefusal || ($0.event != .request && $0.event != .response) }
    guard let first = entries.first else { return [] }
    let rows = entries.map { entry in
      (
        time: Cell(Self.seconds(entry.packet.time.seconds(since: first.packet.time))), arrow: arrow(entry),
        event: Cell(event(entry)), packet: packet(entry.packet)
      )
    }
    let widths = (
      time: rows.map(\.time.columns).max() ?? 0, arrow: rows.map(\.arrow.columns).max() ?? 0,
      event: rows.map(\.event.columns).max() ?? 0
    )
    return rows.map { row in
      row.time.padding(to: widths.time) + row.time.text + "  " + row.arrow.padded(to: widths.arrow) + "  "
        + row.event.padded(to: widths.event) + "  " + row.packet
    }
  }

  /// A text, and how much room it takes.
  private struct Cell {
    let text: String
    let columns: Int

    init(_ text: String) { self.init(text, columns: text.columns) }
    init(_ text: String, columns: Int) { (self.text, self.columns) = (text, columns) }

    func padding(to width: Int) -> String { String(repeating: " ", count: width - columns) }
    func padded(to width: Int) -> String { text + padding(to: width) }
  }

  /// A leg's arrow stands under the names of the parties that it joins.
  private func arrow(_ entry: TimelineEntry) -> Cell {
    let left = parties.count - 2 - entry.leg
    let indent = parties[..<left].reduce(0) { $0 + $1.columns + Self.signColumns }
    let sign = entry.from == .server ? " ──▶ " : " ◀── "
    return Cell(
      String(repeating: " ", count: indent) + parties[left] + sign + parties[left + 1],
      columns: indent + parties[left].columns + Self.signColumns + parties[left + 1].columns)
  }

  /// The columns of `──▶` with a space on each side.
  private static let signColumns = 5

  /// With its file, where there are several.
  private func packet(_ packet: PacketReference) -> String {
    guard captures.lazy.map(\.parts.count).reduce(0, +) > 1 else { return "packet \(packet.number)" }
    return "\(Escape.terminal(captures[Int(packet.capture)].name(of: packet))) packet \(packet.number)"
  }

  private func event(_ entry: TimelineEntry) -> String {
    let detail = Escape.terminal(entry.detail)
    switch entry.event {
    case .close: return "CLOSE \(detail)"
    case .gap, .frame, .request, .response: return detail
    default: return detail.isEmpty ? entry.event.name : "\(entry.event.name), \(detail)"
    }
  }

  /// Milliseconds: `2.997 s`.
  private static func seconds(_ seconds: Double) -> String {
    let milliseconds = Int64((max(-1e9, min(seconds, 1e9)) * 1000).rounded())
    let fraction = String(abs(milliseconds) % 1000 + 1000).dropFirst()
    return "\(milliseconds < 0 ? "-" : "")\(abs(milliseconds) / 1000).\(fraction) s"
  }
}
