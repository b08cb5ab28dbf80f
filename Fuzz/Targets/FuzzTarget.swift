/// What is fuzzed: a stage, or all of them. Each takes any bytes; no bytes may trap it, or break what it promises.
package enum FuzzTarget: String, CaseIterable, Sendable {
  /// The bytes of a capture file.
  case capture
  /// Link, IP and TCP header of one packet, and the header of one frame.
  case headers
  /// A list of segments.
  case reassembly
  /// A key log and a script of streams.
  case tls
  /// A script of streams.
  case proxy, http2, upgrade
  /// A script of streams behind an upgrade.
  case frames
  /// The compressed messages of one direction.
  case inflate
  /// The bytes of a capture file, up to the reports.
  case pipeline

  /// - Throws: what the target promises and did not keep. A trap ends the process.
  package func run(_ bytes: [UInt8]) throws(BrokenInvariant) {
    switch self {
    case .capture: try CaptureTarget.run(bytes)
    case .headers: try HeadersTarget.run(bytes)
    case .reassembly: try ReassemblyTarget.run(bytes)
    case .tls: try TLSTarget.run(bytes)
    case .proxy: try PROXYTarget.run(bytes)
    case .http2: try HTTP2Target.run(bytes)
    case .upgrade: try UpgradeTarget.run(bytes)
    case .frames: try FramesTarget.run(bytes)
    case .inflate: try InflateTarget.run(bytes)
    case .pipeline: try PipelineTarget.run(bytes)
    }
  }
}

/// Something that must hold for any input, and did not.
package struct BrokenInvariant: Error, Hashable, CustomStringConvertible {
  package var description: String
  init(_ description: String) { self.description = description }
}

/// - Throws: `text` unless the condition holds.
func demand(_ condition: Bool, _ text: @autoclosure () -> String) throws(BrokenInvariant) {
  if !condition { throw BrokenInvariant(text()) }
}

/// - Throws: where the lists of two runs differ that should tell the same.
func demandSame<Key: Hashable, Entry: Equatable>(
  _ lists: [Key: [Entry]], _ others: [Key: [Entry]]
) throws(BrokenInvariant) {
  for key in Set(lists.keys).union(others.keys) where lists[key] != others[key] {
    let (list, other) = (lists[key] ?? [], others[key] ?? [])
    let index = zip(list, other).prefix { $0 == $1 }.reduce(0) { count, _ in count + 1 }
    func text(_ list: [Entry]) -> String { index < list.count ? "\(list[index])" : "no more" }
    throw BrokenInvariant("\(key), entry \(index): \(text(list)), but segments cut elsewhere: \(text(other))")
  }
}
