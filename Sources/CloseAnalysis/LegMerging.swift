import Capture
import Streams
import WSDecode

extension Leg {
  /// Joins another observation of the same leg: what either of them lacks, the other may have.
  mutating func merge(_ other: Leg) {
    // Offsets count from the SYN where one of the two has it.
    guard let clientShift = client.shift(from: other.client),
      let serverShift = server.shift(from: other.server)
    else { return observations += other.observations }
    if clientShift < 0 || serverShift < 0 {
      var whole = other
      whole.observations = observations
      whole.observations += other.observations
      whole.fill(from: moved(client: -clientShift, server: -serverShift), -clientShift, -serverShift)
      self = whole
    } else {
      observations += other.observations
      fill(from: other.moved(client: clientShift, server: serverShift), clientShift, serverShift)
    }
  }

  /// - Parameters:
  ///   - clientStart: where the other observation of the client's stream begins.
  ///   - serverStart: the same of the server's.
  private mutating func fill(from other: Leg, _ clientStart: Int64, _ serverStart: Int64) {
    if request == nil { request = other.request }
    if response == nil { response = other.response }
    if encapsulation == nil { encapsulation = other.encapsulation }
    if tls == nil { tls = other.tls }
    if proxied == nil { proxied = other.proxied }
    if let theirs = other.sealed {
      if other.client.isMoreComplete(than: client) { sealed?.client = theirs.client }
      if other.server.isMoreComplete(than: server) { sealed?.server = theirs.server }
    }
    isPickedUp = isPickedUp && other.isPickedUp
    if other.forgotten == nil { forgotten = nil }
    missed = missed.intersection(other.missed)
    let isComparable = isSealed == other.isSealed
    client.fill(from: other.client, beginningAt: isComparable ? UInt64(clamping: clientStart) : nil)
    server.fill(from: other.server, beginningAt: isComparable ? UInt64(clamping: serverStart) : nil)
  }

  /// The same leg with its stream offsets counted from an earlier byte.
  private func moved(client clientShift: Int64, server serverShift: Int64) -> Leg {
    guard clientShift >= 0, serverShift >= 0 else { return self }
    var leg = self
    leg.request?.endOffset += UInt64(clientShift)
    leg.response?.endOffset += UInt64(serverShift)
    if isSealed {
      leg.sealed?.client.move(by: UInt64(clientShift))
      leg.sealed?.server.move(by: UInt64(serverShift))
    }
    leg.client.move(by: UInt64(clientShift))
    leg.server.move(by: UInt64(serverShift))
    return leg
  }
}

extension SeenClose {
  mutating func move(by count: UInt64) { frame.range = frame.range.moved(by: count) }
}

extension Range<UInt64> {
  func moved(by count: UInt64) -> Range<UInt64> {
    let (end, overflow) = upperBound.addingReportingOverflow(count)
    return lowerBound + count..<(overflow ? .max : end)
  }
}
