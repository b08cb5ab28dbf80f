import Streams
import WSDecode

/// Layout: a script of streams.
enum UpgradeTarget {
  static func run(_ bytes: [UInt8]) throws(BrokenInvariant) {
    var input = FuzzInput(bytes)
    let script = StreamScript(&input, allowsUnknownLength: true)
    for size in [.max, 3] {
      var decoder = WebSocketDecoder(into: LegLog())
      script.play(into: &decoder, cutInto: size)
      try decoder.sink.finish()
    }
    try checkHeads(script.bytes(of: .client), .request)
    try checkHeads(script.bytes(of: .server), .response)
  }

  /// How segments are cut decides nothing as long as message boundaries are known.
  private static func checkHeads(_ bytes: [UInt8], _ role: HTTPRole) throws(BrokenInvariant) {
    let whole = heads(in: bytes, role, cutInto: max(bytes.count, 1))
    try demand(heads(in: bytes, role, cutInto: 1) == whole, "bytes that come one by one give other heads")
    try demand(heads(in: bytes, role, cutInto: 7) == whole, "segments cut elsewhere give other heads")
  }

  private static func heads(in bytes: [UInt8], _ role: HTTPRole, cutInto size: Int) -> [HTTPHead] {
    var framer = HTTPFramer(role)
    var heads: [HTTPHead] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      let piece = Array(bytes[start..<min(start + size, bytes.count)])
      var index = 0
      while let head = framer.next(piece.span, from: &index) {
        heads.append(head)
        framer.body(body(behind: head))
      }
      if framer.isUnsynchronised { break }
    }
    return heads
  }

  private static func body(behind head: HTTPHead) -> HTTPBody {
    if head.list(.transferEncoding, contains: "chunked") { return .chunked }
    return .length(head.value(.contentLength).flatMap { UInt64($0) } ?? 0)
  }
}
