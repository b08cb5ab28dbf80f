import Capture
import CloseAnalysis

/// What a session comes to in one line: the verdict, the Close frame, the request, the way.
struct Headline {
  let session: Session
  let style: TextStyle

  var text: String {
    var line = TextBuffer()
    write(to: &line)
    return String(decoding: line.takeBytes(), as: UTF8.self)
  }

  func write(to line: inout TextBuffer) {
    line.append(style.verdict(session.verdict))
    if let close = session.close {
      line.append("   ")
      line.append(Escape.terminal(close.seen.body.summary))
    }
    if let request = session.request {
      line.append("   GET ")
      line.append(TextReport.elided(Escape.terminal(Redaction.target(request.target))))
    }
    line.append("   ")
    writePath(to: &line)
  }

  /// `client → proxy → server`, by their addresses; several proxies have the numbers of the ladder.
  private func writePath(to line: inout TextBuffer) {
    line.append(session.client.connection.client)
    let proxies = session.legs.count - 1
    for index in 0..<proxies {
      line.append(" → ")
      line.append(session.legs[index].connection.server.address)
      line.append(" (proxy")
      if proxies > 1 {
        line.append(" ")
        line.append(decimal: UInt64(index + 1))
      }
      line.append(")")
    }
    line.append(" → ")
    line.append(session.legs[proxies].connection.server)
  }
}
