import CloseAnalysis
import WSDecode

/// From when to when each leg was open, by the order of what was told.
struct LegSpans {
  private var spans: [Int: (opened: Int, closed: Int)] = [:]
  private var now = 0

  mutating func note(_ event: LegEvent, on leg: LegID) {
    now += 1
    switch event {
    case .opened: spans[leg.rawValue] = (now, .max)
    case .stream(.closed), .refuted: spans[leg.rawValue]?.closed = now
    default: break
    }
  }

  /// Whether from the first of a session's legs to the last of them one was open at any time.
  func areJoined(of session: Session) -> Bool {
    let own = session.legNumbers.compactMap { spans[$0] }.sorted { $0.opened < $1.opened }
    var end = own.first?.closed ?? 0
    for span in own {
      guard span.opened <= end else { return false }
      end = max(end, span.closed)
    }
    return true
  }
}

extension Session {
  /// What its legs are numbered as.
  var legNumbers: [Int] { legs.flatMap { $0.observations.map(\.number) } }
}
