import Streams

/// What is known of the connection that has a slot. No part of the generic decoder: there each look at it, at
/// every packet, would be a call of the runtime.
struct DecoderSlot {
  enum Stage {
    case vacant, undecided, pickingUp, passing, http2
  }
  var stage: Stage
  var carrier: Carrier
  /// As what it is told.
  var output: ConnectionID
  var preface = Preface()

  init(stage: Stage, carrier: consuming Carrier, output: ConnectionID) {
    self.stage = stage
    self.carrier = carrier
    self.output = output
  }

  /// Takes a connection, of which nothing is known yet.
  mutating func begin(_ carrier: consuming Carrier, as output: ConnectionID) {
    stage = .undecided
    self.carrier = carrier
    self.output = output
    preface = Preface()
  }
}
