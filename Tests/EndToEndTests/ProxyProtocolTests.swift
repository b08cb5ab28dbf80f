import Foundation
import Testing

/// Real HAProxys, one in front of the other: the first says with the PROXY protocol whom it speaks for.
@Suite struct ProxyProtocolTests {
  static let capture = "\(Command.root)/samples/other/proxy-protocol.pcap"

  struct Told: Decodable {
    var sessions: [Session]
    struct Session: Decodable {
      var verdict: String
      var reason: String?
      var request: Report.Request?
      var delivery: Delivery?
      var legs: [Leg]
    }
    struct Delivery: Decodable { var hop: Hop }
    struct Hop: Decodable { var isProxy: Bool?, because: String? }
    struct Leg: Decodable {
      var client: String
      var encrypted: Bool
      var proxyHeader: Header?
    }
    struct Header: Decodable, Equatable {
      var version: Int
      var source: String?
      var destination: String?
    }
  }

  private static func sessions(_ arguments: [String]) async throws -> [String: Told.Session] {
    let outcome = try await Command.wsclose(["--format", "json"] + arguments + [capture])
    #expect(outcome.status == 0, "\(outcome.errors)")
    let told = try JSONDecoder().decode(Told.self, from: Data(outcome.output.utf8))
    return Dictionary(uniqueKeysWithValues: told.sessions.map { ($0.request?.target ?? "", $0) })
  }

  @Test(arguments: [1, 2])
  func `the leg behind the load balancer has its header, which names the leg in front`(
    version: Int
  ) async throws {
    let session = try #require(try await Self.sessions([])["/v\(version)"])
    #expect(session.verdict == "delivered")
    #expect(session.legs.count == 3)
    #expect(session.legs.map { $0.proxyHeader?.version } == [nil, version, nil])
    #expect(session.legs[1].proxyHeader?.source == session.legs[0].client)
    #expect(session.legs[1].proxyHeader?.destination == "10.9.1.1:800\(version)")
  }

  @Test(arguments: [1, 2])
  func `without the leg in front the load balancer is not taken for the client`(version: Int) async throws {
    let session = try #require(try await Self.sessions(["-f", "net 10.9.2.0/24"])["/v\(version)"])
    #expect(session.verdict == "delivered")
    let (hop, header) = (try #require(session.delivery?.hop), try #require(session.legs[0].proxyHeader))
    #expect(hop.isProxy == true)
    #expect(hop.because == "the connection begins with a PROXY header for \(header.source ?? "")")
  }

  @Test(arguments: ["/tls", "/h2"])
  func `what TLS carries behind a header is read with its keys`(path: String) async throws {
    let keys = ["--keylog", "\(Command.root)/samples/other/proxy-protocol.keys"]
    let session = try #require(try await Self.sessions(keys)[path])
    #expect(session.verdict == "delivered")
    #expect(session.legs.map(\.encrypted) == [false, false, false])
    #expect(session.legs.map { $0.proxyHeader?.version } == [nil, 2, nil])
    #expect(session.legs[1].proxyHeader?.source == session.legs[0].client)
  }

  @Test func `TLS behind a header is TLS`() async throws {
    let session = try #require(try await Self.sessions(["-f", "net 10.9.2.0/24"])["/tls"])
    #expect(session.verdict == "delivered")
    #expect(session.legs.map(\.encrypted) == [true, false])
    #expect(session.legs[0].proxyHeader?.version == 2)
    #expect(session.delivery?.hop.isProxy == true)
  }

  @Test func `where the same TLS passes twice, neither of the legs is said to be in front`() async throws {
    let session = try #require(try await Self.sessions([])["/tls"])
    #expect(session.verdict == "undetermined" && session.reason == "encrypted")
  }
}
