import Capture

extension Judgement {
  /// The verdict on a session whose client-most leg stays closed, by what was counted to cross it.
  ///
  /// - Parameters:
  ///   - legs: the closed leg, then those that can be read.
  ///   - account: of the closed leg and the leg behind it.
  init(_ legs: [Leg], _ account: ByteAccount) {
    let behind = Judgement(Array(legs.dropFirst()))
    // What the server did not send, or a proxy before did not pass on, is on no leg in front.
    guard behind.verdict == .delivered else {
      self = behind
      return
    }
    let outer = legs[0]
    switch account.outcome {
    case .unclear: self = behind.hidden
    case .complete:
      guard let record = account.closeRecord else {
        self = behind.hidden
        return
      }
      if let acknowledged = record.acknowledged {
        self.init(
          .delivered, nil, Delivery(proof: .acknowledged, packet: acknowledged, isInferred: true))
      } else {
        let reason: UndeterminedReason = outer.firstEnd == nil ? outer.unfinished : .unacknowledged
        self.init(.undetermined, reason, Delivery(proof: .sent, packet: record.packet, isInferred: true))
      }
    // Who answers had the frame, or has it from somebody who had it: bytes that are compressed anew are fewer.
    case .short where legs[1].hasAnsweredClose: self = behind.hidden
    case .short:
      let hasEnded = outer.server.end != nil || outer.client.rst != nil
      self.init(
        hasEnded ? .lost : .undetermined, hasEnded ? nil : outer.unfinished,
        Delivery(proof: .none, isInferred: true))
      self = heedingDrops(on: legs)
    }
  }

  /// The verdict if a leg in front may tell otherwise, and cannot be read: only what is delivered somewhere can be
  /// lost further on.
  var hidden: Judgement {
    verdict == .delivered ? Judgement(.undetermined, .encrypted, Delivery(proof: .none)) : self
  }
}

extension Leg {
  /// Whether the client sent a Close frame with the server's code behind that.
  fileprivate var hasAnsweredClose: Bool {
    guard let close = server.close, let answer = client.close, !close.isCut, !answer.isCut else {
      return false
    }
    return answer.body.code == close.body.code && !answer.frame.last.precedes(close.frame.last)
  }
}
