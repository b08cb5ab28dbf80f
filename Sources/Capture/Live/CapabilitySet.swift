/// Rights of a process that root has and others may have one by one (capabilities(7)), by their numbers in Linux.
package struct CapabilitySet: OptionSet, Hashable, Sendable {
  package let rawValue: UInt64
  package init(rawValue: UInt64) { self.rawValue = rawValue }

  /// To read files of others: the environment of a pod's proxy.
  package static let readSearch = CapabilitySet(rawValue: 1 << 2)
  package static let setGroup = CapabilitySet(rawValue: 1 << 6)
  package static let setUser = CapabilitySet(rawValue: 1 << 7)
  /// To capture.
  package static let netRaw = CapabilitySet(rawValue: 1 << 13)
  /// To look at processes of others: their namespace.
  package static let ptrace = CapabilitySet(rawValue: 1 << 19)
  /// To enter a network namespace.
  package static let admin = CapabilitySet(rawValue: 1 << 21)

  private static let names: [(CapabilitySet, String)] = [
    (readSearch, "CAP_DAC_READ_SEARCH"), (setGroup, "CAP_SETGID"), (setUser, "CAP_SETUID"),
    (netRaw, "CAP_NET_RAW"), (ptrace, "CAP_SYS_PTRACE"), (admin, "CAP_SYS_ADMIN"),
  ]

  /// As capabilities(7) names them.
  package var names: [String] { Self.names.filter { contains($0.0) }.map(\.1) }

  /// The effective ones of this program.
  package static var effective: CapabilitySet {
    ProcFile.bytes(of: "/proc/self/status", limit: 1 << 16).flatMap { CapabilitySet(status: $0) } ?? []
  }

  /// From `/proc/PID/status`: the effective ones.
  init?(status: [UInt8]) {
    let label = Array("CapEff:".utf8)
    guard let line = status.split(separator: UInt8(ascii: "\n")).first(where: { $0.starts(with: label) }),
      let digits = line.split(whereSeparator: { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: " ") }).last,
      let value = UInt64(String(decoding: digits, as: UTF8.self), radix: 16)
    else { return nil }
    self.init(rawValue: value)
  }
}

extension LiveSource {
  /// What it takes to open the capture.
  package var neededCapabilities: CapabilitySet {
    var needed: CapabilitySet = .netRaw
    if !namespaces.isEmpty { needed.insert(.admin) }
    if followsSidecars { needed.formUnion([.admin, .ptrace, .readSearch]) }
    return needed
  }

  /// What it takes to go on: interfaces come back, and pods are new. Of `any` nothing has to be opened again.
  package var keptCapabilities: CapabilitySet {
    if followsSidecars { return neededCapabilities }
    if interfaces.contains(where: { $0 != "any" }) { return .netRaw }
    let isAnyOnly = namespaces.isEmpty || namespaceInterfaces.allSatisfy { $0 == "any" }
    return isAnyOnly ? [] : [.netRaw, .admin]
  }
}
