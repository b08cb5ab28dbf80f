import ArgumentParser
import Capture
import Glibc

/// Where and how `wsclose live` listens.
struct LiveArguments: ParsableArguments {
  @Option(
    name: [.customShort("i"), .customLong("interface")],
    help: ArgumentHelp(
      "An interface, or 'any' for all; may be given several times. With --netns, those of that namespace.",
      valueName: "name"), completion: .shellCommand("wsclose interfaces | cut -d' ' -f1"))
  var interfaces: [String] = []

  @Option(name: .shortAndLong, help: "A BPF filter, as in pcap-filter(7).")
  var filter: String?

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("Bytes captured of each packet, as tcpdump's -s.", valueName: "bytes"))
  var snapshotLength: Int32 = LiveOptions().snapshotLength

  @Option(
    name: [.customShort("B"), .customLong("buffer-size")],
    help: ArgumentHelp(
      "What the kernel keeps for each interface until it is read, as tcpdump's -B; 4096 at most for each pod.",
      valueName: "KiB"))
  var bufferSize: Int32 = LiveOptions().bufferSize / 1024

  @Flag(help: "See also what is for other machines.")
  var promiscuous = false

  @Flag(
    name: [.customShort("p"), .customLong("no-promiscuous-mode")],
    help: "As tcpdump's -p; this is the default.")
  var noPromiscuous = false

  @Option(
    help: ArgumentHelp(
      "Capture inside this network namespace, such as /run/netns/NAME or /proc/PID/ns/net; may be given several times.",
      valueName: "path"), completion: .file())
  var netns: [String] = []

  @Flag(help: "Capture inside the pod of every Envoy sidecar on this machine, as pods come and go.")
  var sidecars = false

  @Option(
    help: ArgumentHelp(
      "The user to become once the capture is open; nobody if started as root, else the same.",
      valueName: "name"), completion: .shellCommand("cut -d: -f1 /etc/passwd"))
  var user: String?

  func validate() throws {
    guard snapshotLength == 0 || (64...262_144).contains(snapshotLength) else {
      throw ValidationError("--snapshot-length has to be between 64 and 262144, or 0 for the most")
    }
    guard (64...2_097_151).contains(bufferSize) else {
      throw ValidationError("--buffer-size has to be between 64 and 2097151 KiB")
    }
    if promiscuous, noPromiscuous { throw ValidationError("-p and --promiscuous contradict each other") }
    if interfaces.contains("") { throw ValidationError("an interface's name is empty") }
    if interfaces.isEmpty, netns.isEmpty, !sidecars {
      throw ValidationError("name an interface with -i: \(known)")
    }
  }

  private var known: String {
    let names = (try? LiveSource.availableInterfaces())?.filter(\.isNetwork).map(\.name) ?? []
    return names.isEmpty ? "wsclose interfaces lists them" : names.joined(separator: ", ")
  }

  /// Who to become; ends with 2 if there is no such user.
  func newUser() throws -> Privileges.User? {
    guard let name = user ?? (geteuid() == 0 ? "nobody" : nil) else { return nil }
    guard let found = Privileges.user(name) else {
      throw Output.failure(
        CaptureError(source: name, problem: "there is no such user", advice: "name another with --user"))
    }
    return found.id == geteuid() ? nil : found
  }

  /// Each once, in the order in which they were named.
  private var distinctInterfaces: [String] {
    var seen: Set<String> = []
    return interfaces.filter { seen.insert($0).inserted }
  }

  var source: LiveSource {
    var source = LiveSource()
    let interfaces = distinctInterfaces
    if netns.isEmpty { source.interfaces = interfaces }
    source.namespaces = netns
    if !interfaces.isEmpty { source.namespaceInterfaces = interfaces }
    source.followsSidecars = sidecars
    source.options.filter = filter
    if snapshotLength > 0 { source.options.snapshotLength = snapshotLength }
    source.options.bufferSize = bufferSize * 1024
    source.options.isPromiscuous = promiscuous
    return source
  }
}
