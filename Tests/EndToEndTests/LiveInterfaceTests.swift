import Foundation
import Testing

/// `wsclose live` on both ends of a cable between two network namespaces; where the rights for that are lacking these are
/// passed over.
@Suite(.serialized) struct LiveInterfaceTests {
  static let mayEnter = LiveTests.mayEnter

  /// `cable` puts one between `$red`, 10.77.0.1, and `$blue`, 10.77.0.2; `across` makes a WebSocket from red to blue.
  private static let beginning =
    LiveTests.namespace + """
      told() { await "[ \\$(grep -c . out) -ge $1 ]"; }
      cable() {
        ip link add x0 netns $red type veth peer name x0 netns $blue
        for end in "$red 10.77.0.1" "$blue 10.77.0.2"; do
          nsenter -t ${end% *} -n sh -c "ip addr add ${end#* }/24 dev x0; ip link set x0 up"
        done
      }
      across() {
        inside $blue $converse $1 9900 $2 10.77.0.2 serve &
        others="$others $!"
        inside $red $converse $1 9900 $2 10.77.0.2 ask
      }
      namespace plain red
      namespace plain blue
      cable

      """

  private static func run(_ body: String) async throws -> Command.Outcome {
    try await LiveScript.run(beginning + body)
  }

  private static func observations(_ session: [String: Any]) -> [String] {
    (session["legs"] as? [[String: Any]] ?? []).map { leg in
      (leg["interfaceNames"] as? [String] ?? []).map { String($0.prefix { $0 != "@" }) }.joined(
        separator: " ")
    }
  }

  /// Two sessions of one leg each, which was seen on those interfaces.
  private static func expectDeliveredAndAbsent(
    _ outcome: Command.Outcome, on interfaces: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(outcome.status == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
    let sessions = try LiveScript.sessions(outcome.output)
    #expect(
      sessions.map { $0["verdict"] as? String } == ["delivered", "absent"], sourceLocation: sourceLocation)
    #expect(
      sessions.map(Self.observations) == [[interfaces], [interfaces]], sourceLocation: sourceLocation)
  }

  @Test(.enabled(if: mayEnter, "this process may not enter namespaces, or unshare and ip are missing"))
  func `a connection that two interfaces show is one leg`() async throws {
    let outcome = try await Self.run(
      """
      live --netns /proc/$red/ns/net --netns /proc/$blue/ns/net -i x0 --format ndjson
      across 4000 close
      across 4001 end
      told 2
      finish
      """)
    try Self.expectDeliveredAndAbsent(outcome, on: "x0 x0")
    #expect(outcome.errors.contains("wsclose: 2 WebSockets: 1 delivered, 1 absent"))
  }

  @Test(
    .enabled(if: mayEnter, "this process may not enter namespaces, or unshare and ip are missing"),
    arguments: ["", "inside $red ip link set x0 down; sleep 0.5"])
  func `an interface that goes away is captured again when it is back`(_ before: String) async throws {
    let outcome = try await Self.run(
      """
      live --netns /proc/$red/ns/net -i x0 --format ndjson
      across 4000 close
      told 1
      \(before)
      inside $red ip link del x0
      await 'grep -q "goes on when it is back" err'
      sleep 1.5
      cable
      await 'grep -q "is back; packets are captured again" err'
      across 4001 end
      told 2
      finish
      """)
    try Self.expectDeliveredAndAbsent(outcome, on: "x0")
    for told in ["wsclose goes on when it is back", "is back; packets are captured again"] {
      #expect(outcome.errors.components(separatedBy: told).count == 2, "\(outcome.errors)")
    }
    #expect(!outcome.errors.contains("(gone)"))
  }

  @Test(.enabled(if: mayEnter, "this process may not enter namespaces, or unshare and ip are missing"))
  func `an interface with another name is captured until there is one of the name`() async throws {
    let outcome = try await Self.run(
      """
      live --netns /proc/$red/ns/net -i x0 --format ndjson
      across 4000 close
      told 1
      inside $red ip link set x0 name y0
      inside $blue ip link set x0 name y0
      across 4002 close
      told 2
      inside $red ip addr flush dev y0
      inside $blue ip addr flush dev y0
      cable
      await 'grep -q "another interface has this name" err'
      await 'grep -q "is back; packets are captured again" err'
      across 4001 end
      told 3
      finish
      """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let verdicts = try LiveScript.sessions(outcome.output).map { $0["verdict"] as? String }
    #expect(verdicts == ["delivered", "delivered", "absent"])
  }

  @Test(.enabled(if: mayEnter, "this process may not enter namespaces, or unshare and ip are missing"))
  func `an interface that comes into a namespace later has its name`() async throws {
    let outcome = try await Self.run(
      """
      inside $red ip link del x0
      live --netns /proc/$red/ns/net --format ndjson
      cable
      across 4000 close
      across 4001 end
      told 2
      finish
      """)
    try Self.expectDeliveredAndAbsent(outcome, on: "x0")
  }

  /// The right to enter it again is kept only where interfaces may have to be opened again.
  @Test(
    .enabled(if: mayEnter, "this process may not enter namespaces, or unshare and ip are missing"),
    arguments: [
      ("", "start wsclose anew to capture there"), ("-i lo", "is back; packets are captured again"),
    ])
  func `that another namespace has taken a path is told`(_ interface: String, told: String) async throws {
    let outcome = try await Self.run(
      """
      name=wsclose-test-$$
      trap 'kill $pid $others 2>/dev/null; ip netns del $name' EXIT
      make() { ip netns add $name; ip -n $name link set lo up; }
      make
      live --netns /run/netns/$name \(interface)
      ip netns del $name
      make
      await 'grep -q "another network namespace has this path" err'
      await 'grep -q "\(told)" err'
      finish
      """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("(gone)") == interface.isEmpty, "\(outcome.output)")
  }

  @Test(.enabled(if: mayEnter, "this process may not enter namespaces, or unshare and ip are missing"))
  func `while one interface is gone the others are captured`() async throws {
    let outcome = try await Self.run(
      """
      live --netns /proc/$red/ns/net -i x0 -i lo
      inside $red ip link del x0
      await 'grep -q "goes on when it is back" err'
      inside $red $converse 4000 9900 close
      told 1
      finish
      """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("127.0.0.1:4000 → 127.0.0.1:9900"))
    #expect(outcome.output.contains("(gone)"))
  }
}
