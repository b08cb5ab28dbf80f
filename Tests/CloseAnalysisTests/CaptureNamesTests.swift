import CloseAnalysis
import Testing

@Suite struct CaptureNamesTests {
  static let rows: [(sources: [String], names: [String])] = [
    (["/tmp/a/pod.pcap"], ["pod.pcap"]),
    (["a/pod.pcap", "a/gateway.pcap"], ["pod.pcap", "gateway.pcap"]),
    (["a/pod.pcap", "b/pod.pcap"], ["a/pod.pcap", "b/pod.pcap"]),
    (["x/a/pod.pcap", "x/b/pod.pcap", "x/b/client.pcap"], ["a/pod.pcap", "b/pod.pcap", "client.pcap"]),
    (["1/a/pod.pcap", "2/a/pod.pcap", "2/b/pod.pcap"], ["1/a/pod.pcap", "2/a/pod.pcap", "b/pod.pcap"]),
    (["pod.pcap", "a/pod.pcap"], ["pod.pcap", "a/pod.pcap"]),
    // Which is which, only the whole paths tell.
    (["/a/pod.pcap", "a/pod.pcap"], ["/a/pod.pcap", "a/pod.pcap"]),
    (["standard input", "a/pod.pcap"], ["standard input", "pod.pcap"]),
    (["a/pod.pcap", "a/pod.pcap", "b/pod.pcap"], ["a/pod.pcap", "a/pod.pcap", "b/pod.pcap"]),
    (["/"], ["/"]), ([], []),
  ]

  @Test(arguments: rows)
  func `a capture is called by as much of its path's end as it takes`(_ sources: [String], names: [String]) {
    #expect(CaptureNames.shortest(of: sources) == names)
  }
}
