import Streams
import TestSupport
import WSDecode

/// Layout: one byte of options, a script of streams behind an upgrade.
enum FramesTarget {
  private static let limits = [0, 1, 125, 4096]

  static func run(_ bytes: [UInt8]) throws(BrokenInvariant) {
    var input = FuzzInput(bytes)
    let choice = Int(input.byte())
    var fields: [String] = []
    if choice & 1 != 0 {
      let takeover = choice & 2 != 0 ? "" : "; client_no_context_takeover; server_no_context_takeover"
      fields = ["Sec-WebSocket-Extensions: permessage-deflate" + takeover]
    }
    var options = FrameOptions()
    options.payloadLimit = limits[(choice >> 2) % limits.count]
    let script = StreamScript(
      &input,
      after: [
        (.client, WebSocketBytes.request()), (.server, WebSocketBytes.response(extraFields: fields)),
      ], allowsUnknownLength: true)
    let whole = try log(of: script, options, cutInto: .max)
    let cut = try log(of: script, options, cutInto: 3)
    guard !whole.hasLosses, !cut.hasLosses else { return }
    try demandSame(whole.events, cut.events)
  }

  private static func log(
    of script: StreamScript, _ options: FrameOptions, cutInto size: Int
  ) throws(BrokenInvariant) -> LegLog {
    var decoder = WebSocketDecoder(into: LegLog(payloadLimit: options.payloadLimit), options: options)
    script.play(into: &decoder, cutInto: size)
    try decoder.sink.finish()
    return decoder.sink
  }
}
