import CPcap

/// libpcap: it captures, and compiles filters. Files are read without it, and so it is loaded by who needs it first.
enum Libpcap {
  // SAFETY: they do not change once they are found.
  private nonisolated(unsafe) static let found = unsafe wsclose_load_pcap()

  /// - Parameter failure: the error that a problem becomes, from what is wrong and what to do.
  static func functions<Failure: Error>(
    orThrow failure: (_ problem: String, _ advice: String) -> Failure
  ) throws(Failure) -> wsclose_pcap {
    guard let found = unsafe found else {
      throw failure("libpcap cannot be loaded", "install it (libpcap0.8 on Debian)")
    }
    return unsafe found.pointee
  }

  /// The name of a link type, as `pcap-linktype(7)` has it; `nil` if it has none, or libpcap is missing.
  static func linkTypeName(_ datalink: Int32) -> String? {
    unsafe (try? functions { _, _ in CancellationError() })?.datalink_val_to_name(datalink)
      .map { unsafe String(cString: $0) }
  }
}

extension wsclose_pcap {
  /// What went wrong last with a handle; empty if nothing did.
  func lastError(of handle: OpaquePointer) -> String {
    unsafe geterr(handle).map { unsafe String(cString: $0) } ?? ""
  }
}
