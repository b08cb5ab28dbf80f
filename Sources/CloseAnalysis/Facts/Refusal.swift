import Capture
import Streams
import WSDecode

/// Who answered an upgrade request with something else than 101.
struct Refusal {
  /// The leg at whose server's end it was answered, as far as captured.
  let leg: Int
  let response: UpgradeResponse
  /// As a sentence names it.
  let party: String
  /// A proxy at the end of what was captured may have passed on what its upstream answered.
  let mayBePassedOn: Bool
  /// The leg behind has no such answer, so that this is the proxy's own.
  let isOwn: Bool

  var verb: String { mayBePassedOn ? "answered, or passed on the answer to," : "answered" }
}

extension Session {
  /// The refusal that the client got, followed to where it came from; `nil` if the upgrade was not refused.
  var refusal: Refusal? {
    guard client.isRefused, let first = client.response else { return nil }
    var (leg, response) = (0, first)
    // A proxy that passes an answer on has got the same one before.
    while legs.indices.contains(leg + 1), let behind = legs[leg + 1].response, legs[leg + 1].isRefused,
      behind.status == response.status, !response.packet.precedes(behind.packet)
    {
      (leg, response) = (leg + 1, behind)
    }
    if leg + 1 < legs.count {
      return Refusal(
        leg: leg, response: response, party: hops[leg].label, mayBePassedOn: false, isOwn: true)
    }
    let label = label(.server)
    return Refusal(
      leg: leg, response: response, party: label.text, mayBePassedOn: label.isProxy, isOwn: false)
  }

  /// What came of a Close frame from the server that the end of its stream cut; `nil` if none was.
  var halfClose: String? {
    guard let leg = legs.last(where: { $0.server.close?.isCut == true }), let cut = leg.server.cut,
      let frame = leg.server.close
    else { return nil }
    let whole = frame.frame.range.upperBound - frame.frame.range.lowerBound
    let code = frame.body.code.map { " (\($0.rawValue))" } ?? ""
    return
      "only the first \(Wording.count(cut.upperBound - cut.lowerBound)) of \(Wording.count(whole)) bytes of"
      + " a Close frame\(code) came before the end"
  }
}
