import Capture
import Streams
import TCPReassembly
import WSDecode

extension Stages {
  /// Runs packets through the stages into any sink of legs, as the command does.
  package static func run<Sink: LegSink>(
    _ packets: [TestPacket], options: FrameOptions = FrameOptions(), into sink: Sink
  ) -> Sink {
    var decoder = WebSocketDecoder(into: sink, options: options)
    var reassembler = Reassembler()
    for packet in packets { reassembler.receive(packet.segment, in: packet.payload.span, into: &decoder) }
    reassembler.finish(into: &decoder)
    return decoder.sink
  }
}

extension [TestPacket] {
  /// Neighbours exchanged that one host sent in a row, as a network in front of the capture does it: no packet
  /// passes one of the other host. Times stay where they are.
  package func reordered(distance: Int, seed: UInt64) -> [TestPacket] {
    var random = SeededGenerator(seed: seed)
    var runs: [Set<Endpoint>: (source: Endpoint, last: Timestamp, places: [Int])] = [:]
    var result = self
    func shuffle(_ places: [Int], using random: inout SeededGenerator) {
      let keyed = places.indices.map { (key: $0 + Int.random(in: 0...distance, using: &random), index: $0) }
      for (place, source) in zip(places, keyed.sorted { ($0.key, $0.index) < ($1.key, $1.index) }) {
        result[place] = self[places[source.index]]
        result[place].segment.packet = self[place].segment.packet
      }
    }
    for (index, packet) in enumerated() {
      let segment = packet.segment
      let flow: Set = [segment.source, segment.destination]
      let isMovable = segment.flags.isDisjoint(with: [.syn, .rst])
      if let run = runs[flow], isMovable, run.source == segment.source,
        segment.packet.time.seconds(since: run.last) < 0.001
      {
        runs[flow]?.places.append(index)
        runs[flow]?.last = segment.packet.time
      } else {
        if let run = runs[flow] { shuffle(run.places, using: &random) }
        runs[flow] = isMovable ? (segment.source, segment.packet.time, [index]) : nil
      }
    }
    // In the order of their beginning, so that the result depends on the seed alone.
    for run in runs.values.sorted(by: { $0.places[0] < $1.places[0] }) { shuffle(run.places, using: &random) }
    return result
  }
}
