import Capture
import Streams
import WSDecode

/// Programs whose rules for a CloseEvent are known, and `rfc6455` for the protocol's own.
package enum ClientProgram: String, CaseIterable, Sendable {
  case rfc6455, chromium
  /// Before about M108.
  case chromiumOld = "chromium-old"
  case firefox
  case nodeWS = "node-ws"

  /// The program that a User-Agent names; `rfc6455` if it names one whose own rules are not known.
  init(userAgent: String) {
    if Self.index(behind: "Firefox/", in: userAgent) != nil {
      self = .firefox
    } else if let index = Self.index(behind: "Chrome/", in: userAgent) {
      let major = Int(userAgent[index...].prefix { $0.isNumber }) ?? .max
      self = major < 108 ? .chromiumOld : .chromium
    } else if userAgent.lowercased().hasPrefix("node/"), userAgent.hasSuffix(" ws") {
      self = .nodeWS
    } else {
      self = .rfc6455
    }
  }
}

extension ClientProgram {
  /// Where a text goes on behind a product's name. Bytes, as every session asks for it.
  private static func index(behind name: String, in text: String) -> String.Index? {
    let (bytes, name) = (text.utf8.span, name.utf8.span)
    var end = 0
    while let slash = bytes.firstIndex(of: UInt8(ascii: "/"), from: end) {
      end = slash + 1
      let start = end - name.count
      if start >= 0, name.indices.allSatisfy({ name[$0] == bytes[start + $0] }) {
        return text.utf8.index(text.startIndex, offsetBy: end)
      }
    }
    return nil
  }
}

/// What the application behind a client is told, by what the wire shows and by the program's rules.
package struct ClientOutcome: Hashable, Sendable {
  package var client: ClientProgram
  package var code: UInt16
  package var reason: String
  /// `nil` for programs that report no such thing.
  package var wasClean: Bool?
  package var because: String
}

extension ClientOutcome {
  /// - Returns: the outcome for the program that the User-Agent names, else for all; nothing where the
  ///   capture does not tell what reached the client.
  static func predict(_ session: Session) -> [ClientOutcome] {
    let leg = session.client
    guard let situation = situation(of: session) else { return [] }
    var wire = Wire(situation, session.hop)
    wire.isAccepted = leg.acceptMatches != false
    wire.body = leg.server.close?.body ?? session.close?.seen.body
    if wire.body?.isUnknown == true { return [] }
    if leg.server.hasFaultyClose { wire.faults = leg.server.closeFaults }
    if let known = program(of: session) { return [predict(wire, known)] }
    return ClientProgram.allCases.map { predict(wire, $0) }
  }

  private static func program(of session: Session) -> ClientProgram? {
    guard let agent = session.userAgent, !agent.isEmpty else { return nil }
    return ClientProgram(userAgent: agent)
  }

  /// What reached the client, as far as programs tell it apart.
  private enum Situation {
    case noClose
    case orderly(replied: Bool)
    case reset(replied: Bool)
    case finBeforeReply(replied: Bool)
    case heldOpen(replied: Bool)

    var text: String {
      switch self {
      case .noClose: "no Close frame reached the client"
      case .orderly: "the Close frame arrived before the end of TCP"
      case .reset: "the Close frame arrived, then RST"
      case .finBeforeReply: "the Close frame and FIN arrived before the client had replied"
      case .heldOpen: "the Close frame arrived, and TCP stayed open for 2 s or more"
      }
    }

    /// Chromium's patience with a connection that stays open after the Close frames.
    private static let patience = 2.0

    /// - Parameter leg: one on which the Close frame reached the client.
    init(_ leg: Leg, _ hop: Hop) {
      let reply = leg.client.hasWholeClose ? leg.client.close?.frame.last : nil
      let replied = reply != nil
      guard let first = leg.firstEnd?.end, let end = leg.server.end ?? leg.client.end else {
        self = .orderly(replied: replied)
        return
      }
      let since = reply ?? leg.server.close?.frame.last
      let held = since.map { first.packet.time.seconds(since: $0.time) } ?? 0
      // A RST does not pass a proxy: Envoy makes a FIN of it.
      let isClient = hop.isProxy != true
      if held >= Self.patience - 0.05 {
        self = .heldOpen(replied: replied)
      } else if isClient, leg.endsWithReset(end) {
        self = .reset(replied: replied)
      } else if leg.serverEndCameBeforeReply {
        self = .finBeforeReply(replied: replied)
      } else {
        self = .orderly(replied: replied)
      }
    }
  }

  private static func situation(of session: Session) -> Situation? {
    let leg = session.client
    switch session.verdict {
    case .lost, .absent:
      // A client that is not reachable knows nothing of the end.
      return leg.hasUnansweredEnd ? nil : .noClose
    case .undetermined, .open: return nil
    case .delivered where leg.isSealed:
      // That the client has answered is seen behind the proxy; when it came, and what before, is hidden.
      return session.clientClose == nil ? nil : .orderly(replied: true)
    case .delivered: return Situation(leg, session.hop)
    }
  }

  /// What came to the client's end of the client-most leg: the same for all programs.
  private struct Wire {
    let situation: Situation
    var isAccepted = true
    var body: CloseBody?
    var faults: Set<CloseFault> = []
    let hop: Hop
    /// Why a program that takes the Close frame reports what that says.
    let because: String

    init(_ situation: Situation, _ hop: Hop) {
      self.situation = situation
      self.hop = hop
      because = hop.limiting(situation.text)
    }
  }

  private static func predict(_ wire: Wire, _ client: ClientProgram) -> ClientOutcome {
    func outcome(_ code: UInt16, _ reason: String, _ wasClean: Bool, _ because: String) -> ClientOutcome {
      ClientOutcome(
        client: client, code: code, reason: reason, wasClean: client == .nodeWS ? nil : wasClean,
        because: because)
    }
    func abnormal(_ because: String) -> ClientOutcome { outcome(1006, "", false, wire.hop.limiting(because)) }

    if !wire.isAccepted {
      return abnormal("Sec-WebSocket-Accept does not answer the key, and the client fails the connection")
    }
    guard let body = wire.body else { return abnormal(Situation.noClose.text) }
    if !wire.faults.isEmpty,
      let fault = CloseFault.allCases.first(where: { wire.faults.contains($0) && !$0.isTolerated(by: client) }
      )
    {
      return abnormal("the client fails the connection on a Close frame with \(fault.text)")
    }
    let isClean: Bool
    switch wire.situation {
    case .noClose: return outcome(1006, "", false, wire.because)
    case .orderly(let replied): isClean = client == .rfc6455 ? replied : true
    case .reset(let replied): isClean = (client == .rfc6455 || client == .firefox) && replied
    case .finBeforeReply: isClean = client == .chromium || client == .chromiumOld
    case .heldOpen(let replied):
      if client == .chromiumOld { return abnormal("TCP stayed open for 2 s after the Close frames") }
      isClean = client == .rfc6455 ? replied : true
    }
    return outcome(body.code?.rawValue ?? 1005, body.reason ?? "", isClean, wire.because)
  }
}

extension Hop {
  /// A reason for what the client is told, with what has to be true besides: behind a proxy's leg there are hops that the
  /// capture does not show.
  fileprivate func limiting(_ reason: String) -> String {
    if isTheClient { return reason }
    var text = String(roomFor: 160)
    text += reason
    text += isProxy == true ? ", if the hops before " : ", if "
    text += address.description
    text += isProxy == true ? " pass it on" : " is the client or passes it on"
    return text
  }
}

extension Leg {
  /// Whether the client sees its connection reset: over HTTP/2 by RST_STREAM, whatever it ended itself before.
  fileprivate func endsWithReset(_ end: SeenEnd) -> Bool {
    if connection.http2Stream != nil { return server.rst.map { $0.kind != .rstStream(0) } ?? false }
    return end.kind.isAbort && server.fin == nil && client.end == nil
  }
}
