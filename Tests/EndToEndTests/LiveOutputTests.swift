import Capture
import Foundation
import Testing

/// What `wsclose live` writes and answers besides; where the right to capture is lacking these are passed over.
@Suite(.serialized) struct LiveOutputTests {
  static let mayCapture = LiveTests.mayCapture

  /// The folder `results` belongs to who captures.
  private static let beginning = """
    chmod 755 .
    mkdir results
    chown 65534:65534 results
    lines() { await "[ \\$(grep -c . $1) -ge $2 ]"; }
    page() { python3 -c 'import sys, urllib.request as r, urllib.error as e
    try: a = r.urlopen(sys.argv[1])
    except e.HTTPError as x: a = x
    print(a.status, file=sys.stderr)
    sys.stdout.write(a.read().decode())' "http://127.0.0.1:$1"; }

    """

  private static func run(_ body: String) async throws -> Command.Outcome {
    try await LiveScript.run(beginning + body)
  }

  // MARK: Files

  @Test(.enabled(if: mayCapture, "this process may not capture"))
  func `lines go on in the new file when logrotate has moved the old one`() async throws {
    let outcome = try await Self.run(
      """
      live -i lo -f 'tcp port 29951' --output results/s.ndjson
      $converse 29950 29951 close
      lines results/s.ndjson 1
      mv results/s.ndjson results/old
      await '[ -e results/s.ndjson ]'
      $converse 29952 29951 end
      lines results/s.ndjson 1
      mv results/s.ndjson results/older
      kill -HUP $pid
      $converse 29953 29951 close
      lines results/s.ndjson 1
      kill -INT $pid
      wait $pid
      cat results/old results/older results/s.ndjson
      """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let sessions = try LiveScript.sessions(outcome.output)
    #expect(sessions.map { $0["verdict"] as? String } == ["delivered", "absent", "delivered"])
  }

  @Test(.enabled(if: mayCapture, "this process may not capture"))
  func `what a full disk does not take is counted, and told once`() async throws {
    let outcome = try await Self.run(
      """
      live -i lo -f 'tcp port 29961' --output /dev/full --listen 29962
      $converse 29960 29961 close
      $converse 29963 29961 close
      await 'page 29962/metrics 2>/dev/null | grep -q "lost_lines_total 2"'
      finish
      """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(
      outcome.errors.components(separatedBy: "/dev/full: no space left").count == 2, "\(outcome.errors)")
    #expect(outcome.errors.contains("wsclose: 2 lines ("))
  }

  /// The file is a pipe, and its opening waits for a reader: the capture has not begun.
  @Test(.enabled(if: mayCapture, "this process may not capture"))
  func `signals that come before the capture has begun are heeded when it has`() async throws {
    let outcome = try await Self.run(
      """
      mkfifo results/s
      chmod 666 results/s
      : >err
      "$wsclose" live -i lo -f 'tcp port 29945' --output results/s >out 2>err & pid=$!
      await '[ $((0x$(sed -n "s/SigCgt:.//p" /proc/$pid/status) & 0x201)) = 513 ]'
      grep -c listening err
      kill -HUP $pid
      kill -USR1 $pid
      cat results/s >/dev/null &
      others=$!
      await 'grep -q "TCP connections" err'
      finish
      """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output == "0\n")
    #expect(outcome.errors.components(separatedBy: "TCP connections").count == 3, "\(outcome.errors)")
  }

  @Test(.enabled(if: mayCapture, "this process may not capture"))
  func `a terminal that goes away ends what writes to it`() async throws {
    let outcome = try await Self.run("live -i lo; kill -HUP $pid; wait $pid; echo $?")
    #expect(outcome.output == "129\n")
  }

  // MARK: Endpoint

  /// A web page that has its name resolve to this machine has its visitors ask by that name.
  @Test(.enabled(if: mayCapture, "this process may not capture"))
  func `on the loopback nobody is answered who asks by a name`() async throws {
    let outcome = try await Self.run(
      """
      ask() {
        python3 -c 'import http.client, sys
      c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
      for host in sys.argv[2:]:
        c.request("GET", "/sessions", headers={"Host": host})
        a = c.getresponse()
        print(a.status, "[" in a.read().decode(), end=" ")' "$@"
      }
      hosts='127.0.0.1:29974 localhost:29974 [::1] rebound.example rebound.example:29974'
      live -i lo -f 'tcp port 29975' --listen 29974
      ask 29974 $hosts
      kill -INT $pid
      wait $pid
      live -i lo -f 'tcp port 29975' --listen 0.0.0.0:29974
      ask 29974 $hosts
      """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let (answered, refused) = ("200 True ", "421 False ")
    #expect(
      outcome.output == String(repeating: answered, count: 3) + String(repeating: refused, count: 2)
        + String(repeating: answered, count: 5))
  }

  @Test(.enabled(if: mayCapture, "this process may not capture"))
  func `requests are answered as HTTP has them`() async throws {
    let requests = [
      "GET http://127.0.0.1:29976/healthz HTTP/1.1\\r\\nHost: other.example\\r\\n\\r\\n",
      "GET http://other.example/healthz HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\n\\r\\n",
      "POST /healthz HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nContent-Length: 0\\r\\n\\r\\n",
      "GET /healthz HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nExpect: 100-continue\\r\\nContent-Length: 9\\r\\n\\r\\n",
    ]
    let outcome = try await Self.run(
      """
      ask() {
        python3 -c 'import socket, sys
      s = socket.create_connection(("127.0.0.1", 29976), 5)
      s.sendall(sys.argv[1].encode().decode("unicode_escape").encode())
      lines = s.makefile().read().split("\\n")
      print(lines[0].split()[1], *(l for l in lines if l.startswith("allow")))' "$1"
      }
      live -i lo -f 'tcp port 29977' --listen 29976
      \(requests.map { "ask '\($0)'" }.joined(separator: "\n"))
      """)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.split(separator: "\n") == ["200", "421", "405 allow: GET, HEAD", "200"])
  }

  @Test(.enabled(if: mayCapture, "this process may not capture"))
  func `where the capture cannot be opened nothing is left behind`() async throws {
    let outcome = try await Self.run(
      """
      cd results; pid= others=
      "$wsclose" live -i nosuch --output s.ndjson --evidence kept; echo $?; ls
      "$wsclose" live -i lo --output nosuch/s.ndjson --evidence kept; echo $?; ls
      """)
    #expect(outcome.output == "2\n2\n", "\(outcome.errors)")
  }

  @Test(.enabled(if: mayCapture, "this process may not capture"))
  func `a parser of Prometheus reads the metrics`() async throws {
    let outcome = try await Self.run(
      """
      live -i lo -f 'tcp port 29971' --listen 127.0.0.1:29972 --output results/s --evidence results/e
      $converse 29970 29971 close
      $converse 29973 29971 end
      await 'page 29972/metrics 2>/dev/null >now; grep -q "sessions_total{verdict=\\"absent\\"} 1" now'
      # The threads that write are behind the one that counts sessions.
      await 'page 29972/metrics 2>/dev/null >now; grep -q "^wsclose_evidence_files_total [1-9]" now'
      await 'page 29972/metrics 2>/dev/null >now; grep -q "^wsclose_output_lines_total [2-9]" now'
      page 29972/metrics 2>/dev/null | /usr/bin/python3 "$repository/Tests/EndToEndTests/metrics.py"
      """)
    try #require(outcome.status == 0, "metrics.py needs python3-prometheus-client: \(outcome.errors)")
    let found = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(found["problems"] as? [String] == [])
    let samples = try #require(found["samples"] as? [String: Double])
    #expect(samples["wsclose_sessions_total{verdict=\"delivered\"}"] == 1)
    #expect(samples["wsclose_close_codes_total{code=\"4000-4999\"}"] == 1)
    #expect(samples["wsclose_findings_total{rule=\"no-close-from-server\"}"] == 1)
    #expect(samples["wsclose_delivery_latency_seconds_count"] == 1)
    #expect(samples["wsclose_teardown_delay_seconds_bucket{le=\"+Inf\"}"] == 1)
    #expect(samples["wsclose_packets_total"] ?? 0 > 10)
    #expect(samples["wsclose_dropped_packets_total"] == 0)
    #expect(samples["process_resident_memory_bytes"] ?? 0 > 1_000_000)
    #expect(samples["wsclose_output_lines_total"] == 2)
    #expect(samples["wsclose_evidence_files_total"] == 1)
  }

  @Test(.enabled(if: mayCapture, "this process may not capture"))
  func `sessions are told by HTTP as the schema has them, the newest first`() async throws {
    let outcome = try await Self.run(
      """
      live -i lo -f 'tcp port 29981' --listen 29982
      page 29982/readyz
      page 29982/healthz
      page 29982/nosuch
      $converse 29980 29981 close
      $converse 29983 29981 end
      await 'page 29982/sessions 2>/dev/null | grep -q absent'
      page 29982/sessions >results/sessions.json
      cat results/sessions.json
      """)
    #expect(outcome.status == 0)
    #expect(outcome.errors.split(separator: "\n").map(String.init) == ["200", "200", "404", "200"])
    let json = try #require(outcome.output.firstIndex(of: "["))
    #expect(outcome.output[..<json] == "ok\nok\nno such page: see /\n")
    let list = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output[json...].utf8)) as? [[String: Any]])
    #expect(list.map { $0["verdict"] as? String } == ["absent", "delivered"])
    #expect(Set(list.map { $0["schema"] as? String }) == ["wsclose.session/1"])
    #expect(!outcome.output.contains("hello"))
  }

  // MARK: Evidence

  @Test(.enabled(if: mayCapture, "this process may not capture"))
  func `the packets of a session that ended badly are a capture of their own`() async throws {
    let outcome = try await Self.run(
      """
      live -i lo -f 'tcp port 29941' --evidence results/e
      $converse 29940 29941 close
      $converse 29942 29941 end
      await 'ls results/e | grep -q absent'
      ls results/e
      kill -INT $pid
      wait $pid
      cat results/e/* >all.pcapng
      grep -c hello all.pcapng
      tshark -n -r all.pcapng -T fields -e frame.interface_name -e tcp.srcport -e http.request.uri 2>/dev/null | sort -u
      "$wsclose" --format ndjson all.pcapng
      """)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 6, "\(outcome.output) \(outcome.errors)")
    guard lines.count == 6 else { return }
    #expect(lines[0].contains("Z-absent-127.0.0.1-29942-"))
    #expect(lines[1] == "0")
    #expect(lines[2...4] == ["lo\t29941\t", "lo\t29942\t", "lo\t29942\t/live"])
    let session = try #require(try LiveScript.sessions(String(lines[5])).first)
    #expect(session["key"] as? String != nil)
  }

  // MARK: What cannot be

  static let misuses: [(arguments: [String], words: [String])] = [
    (["--listen", "here"], ["--listen"]), (["--listen", "1.2.3:99999"], ["--listen"]),
    (["--rotate-size", "1M"], ["--output"]), (["--output", "x", "--format", "text"], ["ndjson"]),
    (["--output", "x", "--rotate-size", "12"], ["--rotate-size"]), (["--evidence-payload"], ["--evidence"]),
    (["--evidence", "x", "--evidence-ring", "5X"], ["--evidence-ring"]),
    (["--evidence", "x", "--evidence-for", "bad"], ["--evidence-for"]),
    (["--evidence-size", "2M"], ["--evidence"]), (["--evidence-ring", "2M"], ["--evidence"]),
    (["--output", "x", "--rotate-count", "3"], ["--rotate-size"]),
    (["--listen", "127.0.0.1:0"], ["--listen"]),
  ]

  @Test(arguments: misuses)
  func `options that make no sense are told in one line`(_ arguments: [String], words: [String]) async throws
  {
    let outcome = try await Command.wsclose(["live", "-i", "lo"] + arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
    for word in words { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
  }

  @Test(
    .enabled(if: mayCapture, "this process may not capture"),
    arguments: [
      ("--output nosuch/s.ndjson", "nosuch/s.ndjson: no such file or directory; "),
      ("--output root/s.ndjson", "root/s.ndjson: permission denied; "),
      ("--evidence root/e", "root/e: permission denied; "), ("--evidence err", "err: not a directory; "),
      ("--output root/held --rotate-size 9K", "root/held: cannot be moved away: permission denied; "),
      ("--listen 29991", "29991: cannot listen: address already in use; end what listens there"),
    ])
  func `what cannot be written is told in one line, before anything is started`(
    option: String, problem: String
  ) async throws {
    let outcome = try await Self.run(
      """
      mkdir root; touch root/held; chown 65534 root/held
      python3 -c 'import socket, time; s = socket.create_server(("127.0.0.1", 29991)); open("up", "w"); time.sleep(30)' &
      others=$! pid=
      await '[ -e up ]'
      "$wsclose" live -i lo \(option) 2>err
      status=$?
      cat err
      exit $status
      """)
    #expect(outcome.status == 2)
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 1 && lines[0].hasPrefix("wsclose: \(problem)"), "\(outcome.output)")
  }

  @Test(.enabled(if: mayCapture, "this process may not capture"))
  func `a closed standard output is told before the capture, unless a file gets the lines`() async throws {
    let outcome = try await Command.shell("exec timeout 10 \"$wsclose\" live -i lo >&-")
    #expect(outcome.status == 2)
    #expect(outcome.errors == "wsclose: standard output: is closed; redirect it to a file or a program\n")
    let file = try await Self.run(
      ": >out; \"$wsclose\" live -i lo --output results/s >&- 2>err & pid=$!; await 'grep -q listening err'; finish"
    )
    #expect(file.status == 0, "\(file.errors)")
  }

  @Test(.enabled(if: mayCapture, "this process may not capture"))
  func `as many files may be open as the user is allowed`() async throws {
    let outcome = try await Self.run(
      """
      ulimit -Sn 100; ulimit -Hn 600
      live -i lo
      cat /proc/$pid/limits
      finish
      """)
    let line = try #require(outcome.output.split(separator: "\n").first { $0.hasPrefix("Max open files") })
    #expect(line.split(separator: " ")[3...4] == ["600", "600"])
  }

  @Test(.enabled(if: mayCapture, "this process may not capture"))
  func `too few files that may be open are told before anything is started`() async throws {
    let outcome = try await Command.shell("ulimit -n 10; exec \"$wsclose\" live -i lo --listen 29992")
    #expect(outcome.status == 2)
    #expect(outcome.errorLines.count == 1 && outcome.errors.contains("raise ulimit -n"), "\(outcome.errors)")
  }
}
