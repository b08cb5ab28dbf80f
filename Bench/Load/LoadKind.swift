/// What a capture is made of.
package enum LoadKind: String, CaseIterable, Sendable {
  /// Bulk HTTP, and a few WebSockets among it.
  case mix
  /// Short WebSockets, with the legs on both sides of a proxy.
  case ws
  /// Long WebSockets with many small frames, with both legs.
  case messages

  /// The recordings of WebSockets that are cloned, in turn. Together those of `ws` have 24 packets on average.
  package var webSockets: [String] {
    switch self {
    case .mix, .ws:
      [
        "server-close-fin-chromium", "server-close-fin-firefox", "server-close-fin-node", "default-node",
        "server-terminate",
      ].map { "recorded/\($0)/pod.pcap" }
    case .messages: ["recorded/fifty-mixed/pod.pcap"]
    }
  }

  /// The recording of bulk HTTP.
  static let download = "other/download.pcap.gz"

  /// Messages in one packet of `messages`, in place of one.
  static let messagesPerPacket = 4
}

/// How much of it.
package struct LoadSize: Equatable, Sendable {
  /// WebSockets.
  package var sessions: Int
  /// TCP connections in all, of `mix`.
  package var flows: Int
  /// Frames in all legs, of `messages`.
  package var frames: Int
  /// WebSockets and downloads that are open at the same time.
  package var concurrent: Int

  /// The sizes that the benchmark reports on.
  package init(_ kind: LoadKind) {
    sessions = [.mix: 2_000, .ws: 100_000, .messages: 200][kind, default: 0]
    flows = 8_000
    frames = 10_000_000
    concurrent = kind == .messages ? sessions : 1_000
  }
}
