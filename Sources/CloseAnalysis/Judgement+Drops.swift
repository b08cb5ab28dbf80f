import Capture
import Streams

extension Judgement {
  /// The verdict if the capture may lack packets that nothing else tells of.
  ///
  /// Bytes that are missing show as gaps as soon as anything comes behind them, so what a stream carried to its orderly
  /// end is known all the same. An ACK, a RST, an end, or the last bytes before a RST leave no gap: a verdict that hangs on
  /// their not being there does not hold. What was seen stays true.
  ///
  /// - Parameter legs: client side first.
  func heedingDrops(on legs: [Leg]) -> Judgement {
    guard let outer = legs.first, let last = legs.last else { return self }
    let holds =
      switch verdict {
      case .delivered, .undetermined: true
      case .open: outer.missed.isNone
      // The client's ACK is what may be missing.
      case .lost where delivery.proof == .sent: outer.missed.isNone
      case .lost: outer.missed.isNone || outer.server.isEndInOrder
      // The leg behind a proxy may be hidden: what would have joined it was dropped.
      case .absent:
        outer.isRefused || last.missed.isNone || last.server.isEndInOrder && last.proxyName == nil
      }
    return holds ? self : Judgement(.undetermined, .dropped, delivery)
  }
}

extension LegStream {
  /// Whether it ended with something that cannot overtake what was sent before.
  fileprivate var isEndInOrder: Bool { end?.kind.isInOrder == true }
}

extension Leg {
  /// The last packet that the leg is known to have been whole at: what was dropped earlier left a gap or nothing.
  var wholeAt: PacketReference {
    server.close?.frame.last ?? server.lastFrame ?? response?.packet ?? beginning
  }
}
