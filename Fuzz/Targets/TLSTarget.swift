import Streams
import TLSDecode

/// Layout: length of a key log (16 bits), its text, a script of streams.
enum TLSTarget {
  static func run(_ bytes: [UInt8]) throws(BrokenInvariant) {
    var input = FuzzInput(bytes)
    var keyLog = KeyLog()
    _ = keyLog.read(input.take(Int(input.number16())))
    let script = StreamScript(&input, allowsUnknownLength: false)
    let whole = try log(of: script, keyLog, cutInto: .max)
    guard script.connection.sawStart, !script.hasGaps, hasOnlyRecords(script.bytes(of: .client)),
      hasOnlyRecords(script.bytes(of: .server))
    else { return }
    let cut = try log(of: script, keyLog, cutInto: 3)
    // Records behind lost ones are found by how segments begin and end.
    guard !whole.hasGaps, !cut.hasGaps else { return }
    try demandSame(whole.entries, cut.entries)
  }

  /// Whether bytes are records (RFC 8446 §5.1), the last of which may be cut.
  private static func hasOnlyRecords(_ bytes: [UInt8]) -> Bool {
    var start = 0
    while start + 5 <= bytes.count {
      let length = Int(bytes[start + 3]) << 8 | Int(bytes[start + 4])
      guard (20...23).contains(bytes[start]), bytes[start + 1] == 3, bytes[start + 2] <= 4,
        (1...1 << 14).contains(length)
      else { return false }
      start += 5 + length
    }
    return true
  }

  private static func log(
    of script: StreamScript, _ keyLog: KeyLog, cutInto size: Int
  ) throws(BrokenInvariant) -> StreamLog {
    var decoder = TLSDecoder(into: StreamLog(isContiguous: false), keyLog: keyLog)
    script.play(into: &decoder, cutInto: size)
    try decoder.sink.finish()
    let statistics = decoder.statistics
    let told =
      statistics.decrypted + statistics.withoutSecrets + statistics.withoutHandshake
      + statistics.withWrongSecrets + statistics.withUnsupportedSuite
    try demand(told == statistics.connections, "a TLS connection is not counted with what became of it")
    return decoder.sink
  }
}
