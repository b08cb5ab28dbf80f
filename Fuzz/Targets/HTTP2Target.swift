import HTTP2Decode
import Streams

/// Layout: a script of streams.
enum HTTP2Target {
  static func run(_ bytes: [UInt8]) throws(BrokenInvariant) {
    var input = FuzzInput(bytes)
    let script = StreamScript(&input, allowsUnknownLength: true)
    let whole = try log(of: script, cutInto: .max)
    guard script.connection.sawStart, !script.hasGaps else { return }
    // What a client of HTTP/2 sends without the preface (RFC 9113 §3.4) is read as behind a gap: where segments begin
    // tells where its frames do.
    let isHTTP2 = whole.hasEnded(script.connection.id)
    guard !isHTTP2 || beginsWithPreface(script.bytes(of: .client)) else { return }
    let cut = try log(of: script, cutInto: 3)
    try demandSame(whole.entries, cut.entries)
  }

  /// Whether bytes are the client's preface, or begin with it; they may end before it does.
  private static func beginsWithPreface(_ bytes: [UInt8]) -> Bool {
    zip(bytes, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8).allSatisfy { $0 == $1 }
  }

  private static func log(of script: StreamScript, cutInto size: Int) throws(BrokenInvariant) -> StreamLog {
    var decoder = HTTP2Decoder(into: StreamLog(isContiguous: true))
    script.play(into: &decoder, cutInto: size)
    try decoder.sink.finish()
    return decoder.sink
  }
}
