import Capture
import Glibc
import NIOCore

/// A TCP socket that listens, opened before there is any thread.
package struct ListeningSocket: Sendable {
  package let descriptor: Int32
  /// Whether nobody but this machine reaches it.
  let isLoopback: Bool
  private static let backlog: Int32 = 64

  /// - Parameter place: `ADDRESS:PORT`, `[ADDRESS]:PORT`; or a port alone, on the loopback.
  /// - Throws: if it makes no sense, or the port is taken.
  package init(_ place: String) throws(CaptureError) {
    guard let address = Self.address(place) else {
      throw CaptureError(
        source: place, problem: "is no address to listen on", advice: "name one such as 127.0.0.1:9911")
    }
    let text = address.ipAddress ?? ""
    isLoopback = text.hasPrefix("127.") || text == "::1" || text.hasPrefix("::ffff:127.")
    descriptor = socket(
      address.protocol == .inet6 ? AF_INET6 : AF_INET,
      Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var yes: Int32 = 1
    // SAFETY: the number outlives the call.
    _ = unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    let isBound = unsafe address.withSockAddr { pointer, size in
      unsafe bind(descriptor, pointer, socklen_t(size)) == 0
    }
    guard descriptor >= 0, isBound, listen(descriptor, Self.backlog) == 0 else {
      let advice =
        errno == EADDRINUSE
        ? "end what listens there, or choose another with --listen" : "choose another with --listen"
      let problem = "cannot listen: \(FileCall.problem)"
      if descriptor >= 0 { close(descriptor) }
      throw CaptureError(source: place, problem: problem, advice: advice)
    }
    guard Self.hasRoom(beside: descriptor) else {
      close(descriptor)
      throw CaptureError(
        source: place, problem: "cannot listen: too few files may be open", advice: "raise ulimit -n")
    }
  }

  /// What answers has files of its own, and ends the program if it cannot have them.
  private static let answeringFiles = 8

  /// Whether so many more files may be open.
  private static func hasRoom(beside descriptor: Int32) -> Bool {
    let copies = (0..<answeringFiles).map { _ in dup(descriptor) }
    for copy in copies where copy >= 0 { close(copy) }
    return copies.allSatisfy { $0 >= 0 }
  }

  /// Whether it is an address and a port; port 0 would be one that nobody knows.
  package static func isPlace(_ place: String) -> Bool { address(place)?.port ?? 0 > 0 }

  private static func address(_ place: String) -> SocketAddress? {
    let colon = place.lastIndex(of: ":")
    var host = colon.map { String(place[..<$0]) } ?? ""
    let digits = colon.map { place[place.index(after: $0)...] } ?? place[...]
    guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let port = UInt16(digits) else { return nil }
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      return nil
    }
    if host.isEmpty || host == "localhost" { host = "127.0.0.1" }
    return try? SocketAddress(ipAddress: host, port: Int(port))
  }
}
