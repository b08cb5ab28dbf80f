/// A pod, as Istio names it in the environment of its proxy.
package struct PodName: Hashable, Sendable, CustomStringConvertible {
  package var name: String
  package var namespace: String?

  package init(name: String, namespace: String?) {
    self.name = name
    self.namespace = namespace
  }

  package var description: String { namespace.map { "\($0)/\(name)" } ?? name }

  /// From `/proc/PID/environ`: `NAME=VALUE`, each ended by a NUL.
  ///
  /// - Returns: `nil` if it names no pod, or not as Kubernetes would.
  package init?(environment: [UInt8]) {
    guard let name = Self.value(of: "POD_NAME", in: environment) else { return nil }
    self.init(name: name, namespace: Self.value(of: "POD_NAMESPACE", in: environment))
  }

  private static func value(of variable: String, in environment: [UInt8]) -> String? {
    let prefix = Array("\(variable)=".utf8)
    guard let entry = environment.split(separator: 0).first(where: { $0.starts(with: prefix) }) else {
      return nil
    }
    let value = entry.dropFirst(prefix.count)
    return isName(value) ? String(decoding: value, as: UTF8.self) : nil
  }

  /// Whether it is a DNS subdomain name, as names of pods and namespaces are (RFC 1123 §2.1).
  private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
    (1...253).contains(bytes.count)
      && bytes.allSatisfy {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
          || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
      }
  }
}
