import CloseAnalysis

/// What a session comes to in one line: the verdict, the Close frame, the request, the way.
struct Headline {
  let session: Session
  let style: TextStyle

  var text: String {
    var parts = [style.verdict(session.verdict)]
    if let close = session.close { parts.append(Escape.terminal(close.seen.body.summary)) }
    if let request = session.request {
      parts.append("GET " + TextReport.elided(Escape.terminal(Redaction.target(request.target))))
    }
    parts.append(path)
    return parts.joined(separator: "   ")
  }

  /// `client → proxy → server`, by their addresses; several proxies have the numbers of the ladder.
  private var path: String {
    let proxies = session.legs.dropLast()
    let hops = proxies.enumerated().map { index, leg in
      "\(leg.connection.server.address) (proxy\(proxies.count > 1 ? " \(index + 1)" : ""))"
    }
    let first = "\(session.client.connection.client)"
    let last = session.legs.last.map { "\($0.connection.server)" } ?? ""
    return ([first] + hops + [last]).joined(separator: " → ")
  }
}
