import Foundation
import Testing

/// A shell script around `wsclose live`, which it runs in a folder of its own: `live` begins it, `await` waits until a
/// command succeeds, `finish` interrupts it and hands on what it wrote; `$converse` makes traffic.
enum LiveScript {
  private static let functions = """
    set -u
    cd "$1"
    trap 'kill $pid $others 2>/dev/null' EXIT
    others=
    await() { n=0; until eval "$1"; do n=$((n + 1)); [ $n -lt 300 ] || { cat err >&2; exit 9; }; sleep 0.1; done; }
    live() { : >err; "$wsclose" live "$@" >out 2>err & pid=$!; await 'grep -q listening err'; }
    finish() { kill -INT $pid; wait $pid; status=$?; cat out; cat err >&2; exit $status; }

    """
  private static let path = (ProcessInfo.processInfo.environment["PATH"] ?? "") + ":/usr/sbin:/sbin"

  static func run(_ script: String) async throws -> Command.Outcome {
    try await TemporaryFiles.with { files in
      try await Command.shell(
        functions + script, [files.path],
        environment: [
          "converse": "python3 \(Command.root)/Tests/EndToEndTests/converse.py", "repository": Command.root,
          "PATH": path,
        ])
    }
  }

  /// The sessions of NDJSON.
  static func sessions(_ text: String) throws -> [[String: Any]] {
    try text.split(separator: "\n").map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }
}
