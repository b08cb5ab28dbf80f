import Capture
import Foundation
import Testing

/// `wsclose live` on real interfaces; where the right to capture is lacking these are passed over.
@Suite(.serialized) struct LiveTests {
  static let mayCapture = CapabilitySet.effective.contains([.netRaw, .setUser, .setGroup])
  static let mayEnter =
    CapabilitySet.effective.contains([.netRaw, .admin, .ptrace, .readSearch, .setUser, .setGroup])
    && ["/usr/bin/unshare", "/usr/bin/nsenter"].allSatisfy {
      FileManager.default.isExecutableFile(atPath: $0)
    }
    && ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"].contains {
      FileManager.default.isExecutableFile(atPath: $0)
    }

  private static let beginning = #"told() { await "[ \$(grep -c . out) -ge $1 ]"; }"# + "\n"

  private static func run(_ body: String) async throws -> Command.Outcome {
    try await LiveScript.run(beginning + body)
  }

  private static func sessions(_ outcome: Command.Outcome) throws -> [[String: Any]] {
    try LiveScript.sessions(outcome.output)
  }

  @Test(.enabled(if: mayCapture, "this process may not capture"), arguments: ["lo", "any"])
  func `a session is told when it has ended, while the capture goes on`(interface: String) async throws {
    let outcome = try await Self.run(
      """
      live -i \(interface) -f 'tcp port 29911' --format ndjson
      $converse 29910 29911 close
      told 1
      $converse 29912 29911 end
      told 2
      finish
      """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let sessions = try Self.sessions(outcome)
    #expect(sessions.map { $0["verdict"] as? String } == ["delivered", "absent"])
    let leg = try #require((sessions.first?["legs"] as? [[String: Any]])?.first)
    #expect(leg["client"] as? String == "127.0.0.1:29910")
    #expect(leg["interfaceNames"] as? [String] == ["lo"])
    #expect(leg["pod"] == nil)
    #expect(outcome.errors.contains("wsclose: 2 WebSockets: 1 delivered, 1 absent"))
  }

  /// `timeout` signals the program, and then its group.
  @Test(.enabled(if: mayCapture, "this process may not capture"))
  func `a second signal at once means no more than the first, and an interface named twice is one`()
    async throws
  {
    let outcome = try await Self.run(
      """
      live -i lo -i lo -f 'tcp port 29891' --format ndjson
      $converse 29890 29891 close
      told 1
      kill -TERM $pid; sleep 0.01; kill -TERM $pid
      finish
      """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("wsclose: 1 WebSocket: 1 delivered"))
    #expect(outcome.errors.contains("listening on lo;"))
  }

  @Test(.enabled(if: mayCapture, "this process may not capture"))
  func `a key log is followed while programs write it`() async throws {
    let outcome = try await Self.run(
      """
      : >keys; chmod 644 keys
      live -i lo -f 'tcp portrange 29850-29853' --format ndjson --keylog keys
      for port in 29850 29851 29852 29853; do $converse $((port + 10)) $port close keys; done
      told 4
      finish
      """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let legs = try Self.sessions(outcome).compactMap { ($0["legs"] as? [[String: Any]])?.first }
    #expect(legs.map { $0["encrypted"] as? Bool } == [false, false, false, false])
    #expect(outcome.errors.contains("4 WebSockets: 4 delivered"), "\(outcome.errors)")
  }

  @Test(.enabled(if: mayCapture, "this process may not capture"))
  func `a key log is followed where it is replaced while a program has it open`() async throws {
    let outcome = try await Self.run(
      """
      : >keys; chmod 644 keys; ln keys held
      live -i lo -f 'tcp portrange 29856-29857' --format ndjson --keylog keys
      rm keys; : >keys; chmod 644 keys
      $converse 29866 29856 close keys
      $converse 29867 29857 close held
      told 2
      rm keys; (umask 077; : >keys)
      await 'grep -q "keys: the key log that has this name now cannot be opened" err'
      finish
      """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors.contains("2 WebSockets: 2 delivered"), "\(outcome.errors)")
  }

  @Test(.enabled(if: mayCapture, "this process may not capture"))
  func `with --count no packet is counted that is not used`() async throws {
    let outcome = try await Self.run(
      """
      live -i lo -f 'tcp port 29854' -c 5
      $converse 29864 29854 close
      wait $pid
      cat out
      """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("5 packets, 0 dropped"))
    #expect(outcome.output.contains("lo: 5 packets"), "\(outcome.output)")
  }

  @Test(.enabled(if: mayCapture, "this process may not capture"))
  func `text has a line for each session, and a summary`() async throws {
    let outcome = try await Self.run(
      """
      live -i lo -f 'tcp port 29921' --only absent
      $converse 29920 29921 close
      $converse 29922 29921 end
      told 1
      kill -USR1 $pid
      await 'grep -q "packets" err'
      finish
      """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      lines.first?.hasSuffix("  absent   GET /live   127.0.0.1:29922 → 127.0.0.1:29921  no-close-from-server")
        == true)
    #expect(lines.dropFirst().prefix(2) == ["", "2 WebSockets: 1 delivered, 1 absent"])
    #expect(lines.dropFirst(3).first?.hasSuffix(" 2 TCP connections, 0 open") == true, "\(outcome.output)")
    #expect(outcome.errors.contains("dropped by the kernel"))
  }

  @Test(.enabled(if: mayCapture, "this process may not capture"))
  func `what captures has no rights left but to capture`() async throws {
    let outcome = try await Self.run(
      """
      live -i lo
      grep -E '^(Uid|Gid|Groups|CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs):' /proc/$pid/status >status
      kill -INT $pid
      cat status
      """)
    let none = "0000000000000000"
    let raw = "0000000000002000"
    let lines = outcome.output.split(separator: "\n").map {
      $0.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
    #expect(lines.contains("Uid: 65534 65534 65534 65534") && lines.contains("Gid: 65534 65534 65534 65534"))
    for line in ["Groups:", "CapInh: \(none)", "CapPrm: \(raw)", "CapEff: \(raw)", "CapAmb: \(none)"] {
      #expect(lines.contains(line), "\(lines)")
    }
    #expect(lines.contains("NoNewPrivs: 1"))
  }

  /// Starts a namespace in which `sleep` runs under another name, and waits until it is there.
  static let namespace = """
    namespace() {
      cp "$(command -v sleep)" "$1"
      POD_NAME=$2 POD_NAMESPACE=shop unshare -n sh -c "ip link set lo up; touch $2.up; exec ./$1 60" &
      eval "$2=$!"
      others="$others $!"
      await "[ -e $2.up ]"
    }
    inside() { place=$1; shift; nsenter -t $place -n "$@"; }

    """

  @Test(.enabled(if: mayEnter, "this process may not enter namespaces, or unshare and ip are missing"))
  func `equal connections in two pods are two sessions, each with its pod`() async throws {
    let outcome = try await Self.run(
      Self.namespace + """
        namespace envoy cart0
        live --sidecars --format ndjson
        namespace envoy cart1
        await 'kill -USR1 $pid; sleep 0.3; grep -q "any@shop/cart1" err'
        inside $cart0 $converse 4000 9900 close
        inside $cart1 $converse 4000 9900 end
        told 2
        kill $cart0
        await 'kill -USR1 $pid; sleep 0.3; [ "$(tail -n 1 err | grep -c cart1)" = 1 ] && ! tail -n 2 err | grep -q cart0'
        finish
        """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let sessions = try Self.sessions(outcome)
    let told = sessions.map {
      [$0["pod"], $0["namespace"], $0["verdict"]].map { $0 as? String ?? "" }.joined(separator: " ")
    }
    #expect(told.sorted() == ["cart0 shop delivered", "cart1 shop absent"])
    let legs = sessions.compactMap { ($0["legs"] as? [[String: Any]])?.first }
    #expect(Set(legs.compactMap { $0["client"] as? String }) == ["127.0.0.1:4000"])
    #expect(
      Set(legs.compactMap { ($0["interfaceNames"] as? [String])?.first }) == [
        "lo@shop/cart0", "lo@shop/cart1",
      ])
  }

  @Test(.enabled(if: mayEnter, "this process may not enter namespaces, or unshare and ip are missing"))
  func `a namespace that is named has its pod's name if a sidecar runs there`() async throws {
    let outcome = try await Self.run(
      Self.namespace + """
        namespace envoy cart0
        live --sidecars --netns /proc/$cart0/ns/net --format ndjson
        inside $cart0 $converse 4000 9900 close
        told 1
        finish
        """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let session = try #require(try Self.sessions(outcome).first)
    #expect(session["pod"] as? String == "cart0" && session["namespace"] as? String == "shop")
    let leg = (session["legs"] as? [[String: Any]])?.first
    #expect(leg?["interfaceNames"] as? [String] == ["lo@shop/cart0"])
  }

  @Test(.enabled(if: mayEnter, "this process may not enter namespaces, or unshare and ip are missing"))
  func `the capture is inside of the namespace that was named`() async throws {
    let outcome = try await Self.run(
      Self.namespace + """
        namespace plain blue
        live --netns /proc/$blue/ns/net -i lo
        inside $blue $converse 4000 9900 close
        $converse 29931 29930 close
        told 1
        finish
        """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(
      outcome.output.contains("delivered   4321 \"test\"   GET /live   127.0.0.1:4000 → 127.0.0.1:9900"))
    #expect(outcome.output.contains("1 WebSocket: 1 delivered"))
    #expect(outcome.output.contains("lo@/proc/"))
  }

  // MARK: What cannot be

  static let misuses: [(arguments: [String], status: Int32, words: [String])] = [
    (["live"], 64, ["-i", "lo"]), (["live", "-i", ""], 64, ["empty"]),
    (["live", "-i", "lo", "-s", "1"], 64, ["--snapshot-length"]),
    (["live", "-i", "lo", "-B", "99999999"], 64, ["--buffer-size"]),
    (["live", "-i", "lo", "-c", "0"], 64, ["--count"]),
    (["live", "-i", "lo", "-p", "--promiscuous"], 64, ["contradict"]),
    (["live", "-i", "lo", "--format", "json"], 64, ["json"]),
    (["live", "-i", "lo", "--user", "nosuchuser"], 2, ["nosuchuser", "no such user"]),
  ]

  @Test(arguments: misuses)
  func `arguments that make no sense are told in one line`(
    _ arguments: [String], status: Int32, words: [String]
  ) async throws {
    Self.expectRefusal(try await Command.wsclose(arguments), status, words)
  }

  static let refusals: [(arguments: [String], words: [String])] = [
    (["-i", "nosuch"], ["nosuch: no such interface", "wsclose interfaces"]),
    (["-i", "lo", "-f", "tcp port port"], ["lo: ", "tcp port port", "pcap-filter(7)"]),
    (["--netns", "/nosuch"], ["/nosuch: no such file"]),
    (["-i", "lo", "--keylog", "/dev/null"], ["/dev/null: the key log is no file"]),
    (["--netns", "/proc/self/ns/pid"], ["/proc/self/ns/pid: is no network namespace"]),
  ]

  @Test(.enabled(if: mayEnter, "this process may not capture"), arguments: refusals)
  func `what cannot be captured is told in one line, before anything is started`(
    _ arguments: [String], words: [String]
  ) async throws {
    Self.expectRefusal(try await Command.wsclose(["live"] + arguments), 2, words)
  }

  @Test(
    .enabled(if: mayCapture, "this process cannot become another user"),
    arguments: [
      (["-i", "lo"], ["CAP_NET_RAW"]), (["--sidecars"], ["CAP_NET_RAW", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE"]),
    ])
  func `without rights it says which are missing`(_ arguments: [String], words: [String]) async throws {
    let outcome = try await Command.shell(
      "exec setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all \"$wsclose\" live \"$@\"",
      arguments)
    Self.expectRefusal(outcome, 2, words)
  }

  private static func expectRefusal(
    _ outcome: Command.Outcome, _ status: Int32, _ words: [String],
    _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(outcome.status == status, sourceLocation: location)
    #expect(outcome.output == "", sourceLocation: location)
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)", sourceLocation: location)
    for word in words {
      #expect(outcome.errors.contains(word), "\(outcome.errors)", sourceLocation: location)
    }
  }

  @Test func `interfaces are listed with what they are`() async throws {
    let outcome = try await Command.wsclose(["interfaces"])
    if outcome.status == 0 { #expect(outcome.output.contains("lo  ")) }
    #expect([0, 2].contains(outcome.status))
  }
}
