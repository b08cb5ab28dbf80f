import HTTP2Decode
import Streams

/// Layout: a script of streams.
enum HTTP2Target {
  static func run(_ bytes: [UInt8]) throws(BrokenInvariant) {
    var input = FuzzInput(bytes)
    let script = StreamScript(&input, allowsUnknownLength: true)
    let whole = try log(of: script, cutInto: .max)
    guard script.connection.sawStart, !script.hasGaps else { return }
    let cut = try log(of: script, cutInto: 3)
    try demandSame(whole.entries, cut.entries)
  }

  private static func log(of script: StreamScript, cutInto size: Int) throws(BrokenInvariant) -> StreamLog {
    var decoder = HTTP2Decoder(into: StreamLog(isContiguous: true))
    script.play(into: &decoder, cutInto: size)
    try decoder.sink.finish()
    return decoder.sink
  }
}
