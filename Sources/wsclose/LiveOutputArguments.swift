import ArgumentParser
import CloseAnalysis
import LiveOutput

/// Where `wsclose live` puts what it finds.
struct LiveOutputArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Append the sessions to this file, as NDJSON; SIGHUP opens it anew, and so does another file of its name.",
      valueName: "file"), completion: .file())
  var output: String?

  @Option(
    help: ArgumentHelp(
      "Move the file to FILE.1, FILE.1 to FILE.2 ... before it gets longer than that, such as 100M.",
      valueName: "size"))
  var rotateSize: ByteSize?

  @Option(
    help: ArgumentHelp(
      "Former files that are kept with --rotate-size (default: \(Self.defaultRotateCount)).",
      valueName: "count"))
  var rotateCount: Int?

  @Option(
    help: ArgumentHelp(
      "Answer HTTP requests for /metrics, /healthz, /readyz and /sessions; a port alone is one of the loopback.",
      valueName: "address:port"))
  var listen: String?

  @Option(
    help: ArgumentHelp(
      "Keep the packets of sessions that ended badly in this folder, a pcapng each.", valueName: "folder"),
    completion: .directory)
  var evidence: String?

  @Option(
    help: ArgumentHelp(
      "The verdicts of which evidence is kept, separated by commas (default: lost,absent).",
      valueName: "verdicts"))
  var evidenceFor: VerdictList?

  @Flag(help: "Keep payload as well: messages, cookies, tokens.")
  var evidencePayload = false

  @Option(
    help: ArgumentHelp(
      "What the folder may hold; the oldest files go first (default: \(Self.defaultEvidenceSize.defaultValueDescription)).",
      valueName: "size"))
  var evidenceSize: ByteSize?

  @Option(
    help: ArgumentHelp(
      "Memory for the packets of the last while (default: \(Self.defaultEvidenceRing.defaultValueDescription)).",
      valueName: "size"))
  var evidenceRing: ByteSize?

  private static let defaultRotateCount = 5
  private static let defaultEvidenceSize = ByteSize(bytes: 256 << 20)
  private static let defaultEvidenceRing = ByteSize(bytes: 64 << 20)

  func validate() throws {
    if let listen, !ListeningSocket.isPlace(listen) {
      throw ValidationError("--listen takes an address and a port, such as 127.0.0.1:9911")
    }
    if output?.isEmpty == true { throw ValidationError("--output is empty") }
    if evidence?.isEmpty == true { throw ValidationError("--evidence is empty") }
    if let rotateCount {
      if rotateSize == nil { throw ValidationError("--rotate-count is for --rotate-size") }
      guard (1...1000).contains(rotateCount) else {
        throw ValidationError("--rotate-count has to be between 1 and 1000")
      }
    }
    if let rotateSize {
      if output == nil { throw ValidationError("--rotate-size is for --output") }
      if rotateSize.bytes < 1 << 10 { throw ValidationError("--rotate-size has to be 1K at least") }
    }
    if evidence == nil, evidenceFor != nil || evidencePayload || evidenceSize != nil || evidenceRing != nil {
      throw ValidationError("--evidence names the folder for it")
    }
    guard [evidenceRing, evidenceSize].allSatisfy({ $0.map { $0.bytes >= 1 << 20 } ?? true }) else {
      throw ValidationError("--evidence-ring and --evidence-size have to be 1M at least")
    }
  }

  // What holds, given or not: that they were not given is known only so.
  var rotatedFiles: Int { rotateCount ?? Self.defaultRotateCount }
  /// Bytes.
  var evidenceBudget: Int { (evidenceSize ?? Self.defaultEvidenceSize).bytes }
  /// Bytes.
  var evidenceRingLimit: Int { (evidenceRing ?? Self.defaultEvidenceRing).bytes }
  var evidenceVerdicts: Set<Verdict> { evidenceFor?.verdicts ?? [.lost, .absent] }
}
