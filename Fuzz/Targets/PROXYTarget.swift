import PROXYDecode
import Streams

/// Layout: a script of streams.
enum PROXYTarget {
  static func run(_ bytes: [UInt8]) throws(BrokenInvariant) {
    var input = FuzzInput(bytes)
    let script = StreamScript(&input, allowsUnknownLength: false)
    let whole = try log(of: script, cutInto: .max)
    let cut = try log(of: script, cutInto: 3)
    // Where bytes of a header are missing it passes as it is, and how much of it had come is told by the pieces.
    guard !whole.hasGaps else { return }
    try demandSame(whole.entries, cut.entries)
  }

  private static func log(of script: StreamScript, cutInto size: Int) throws(BrokenInvariant) -> StreamLog {
    var decoder = PROXYDecoder(into: StreamLog(isContiguous: false))
    script.play(into: &decoder, cutInto: size)
    try decoder.sink.finish()
    return decoder.sink
  }
}
