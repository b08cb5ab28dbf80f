import Foundation
import Testing

/// Recordings in tunnels and of fragments: the inner flow is the leg, and its tunnel is named.
@Suite struct TunnelTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var folder: String
    var words: String?
    var encapsulation: Encapsulation?
    /// Of the server's segments, which tshark finds in `underlay.pcap`, too.
    var retransmissions = 0
    var testDescription: String { folder }
  }

  struct Encapsulation: Decodable, Equatable, Sendable {
    var `protocol`: String
    var id: Int?
    var from: String?
    var to: String?
    var layers = 1
  }

  private static func row(
    _ folder: String, _ words: String, _ name: String, _ id: Int?, _ from: String? = "10.7.0.1",
    _ to: String? = "10.7.0.2", retransmissions: Int = 0
  ) -> Row {
    Row(
      folder: folder, words: words,
      encapsulation: Encapsulation(protocol: name, id: id, from: from, to: to),
      retransmissions: retransmissions)
  }

  static let rows = [
    row("tunnel-vxlan", "VXLAN 42, 10.7.0.1 → 10.7.0.2", "vxlan", 42),
    row("tunnel-geneve", "Geneve 7, 10.7.0.1 → 10.7.0.2", "geneve", 7),
    row("tunnel-gre", "GRE 77, 10.7.0.1 → 10.7.0.2", "gre", 77),
    row("tunnel-erspan", "ERSPAN 30, 10.7.0.1 → 10.7.0.2", "erspan", 30),
    row("tunnel-ipip", "IP-in-IP, 10.7.0.1 → 10.7.0.2", "ip-in-ip", nil),
    row("tunnel-sit", "IP-in-IP, 10.7.0.1 → 10.7.0.2", "ip-in-ip", nil),
    row("tunnel-ip6tnl", "IP-in-IP, fd07::1 → fd07::2", "ip-in-ip", nil, "fd07::1", "fd07::2"),
    row("tunnel-mpls", "MPLS 200", "mpls", 200, nil, nil),
    row("tunnel-pppoe", "PPPoE 1", "pppoe", 1, nil, nil, retransmissions: 1),
    row("tunnel-fragments", "VXLAN 1, 10.7.0.1 → 10.7.0.2", "vxlan", 1),
    Row(folder: "path-fragments"),
  ]

  struct Told: Decodable {
    var captures: [Capture]
    var sessions: [Session]
    struct Capture: Decodable {
      var skipped: [String: Int]
      var fragments: Fragments
      struct Fragments: Decodable { var reassembled, overlapping: Int }
    }
    struct Session: Decodable { var legs: [Leg] }
    struct Leg: Decodable {
      var interfaces: [Int]
      var encapsulation: Encapsulation?
      var fromClient, fromServer: Direction
    }
    struct Direction: Decodable { var retransmissions, gaps: Int }
  }

  @Test func `every recording in a tunnel is looked at`() {
    #expect(
      Set(Self.rows.map(\.folder)) == Set(Sample.all.filter { $0.capture == "node.pcap" }.map(\.folder)))
  }

  /// `node.pcap` shows each segment up to three times: outside and inside of the tunnel, and at its end.
  @Test(arguments: rows, ["node.pcap", "underlay.pcap"])
  func `a flow seen in and out of a tunnel is one leg`(_ row: Row, capture: String) async throws {
    let path = Sample.named(row.folder, capture).path
    let json = try await Command.wsclose(["--format", "json", path]).output
    let told = try JSONDecoder().decode(Told.self, from: Data(json.utf8))
    let leg = try #require(told.sessions.first?.legs.first)
    #expect(told.sessions.count == 1 && told.sessions[0].legs.count == 1)
    #expect(leg.encapsulation == row.encapsulation)
    #expect(leg.fromClient.retransmissions == 0)
    #expect(leg.fromServer.retransmissions == row.retransmissions)
    #expect(leg.fromClient.gaps + leg.fromServer.gaps == 0)
    #expect(told.captures[0].skipped["fragment"] == nil)
    #expect(told.captures[0].fragments.overlapping == 0)
    #expect((told.captures[0].fragments.reassembled > 0) == row.folder.hasSuffix("fragments"))
    let text = try await Command.wsclose([path]).output
    #expect(text.contains(" is inside ") == (row.words != nil))
    if let words = row.words { #expect(text.contains(" is inside \(words)\n")) }
  }
}
