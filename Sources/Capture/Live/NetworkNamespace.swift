import CLinux
import Glibc

/// A network namespace that is not this program's own.
final class NetworkNamespace {
  /// As it was given: a path, such as `/run/netns/blue` or `/proc/4711/ns/net`.
  let path: String
  /// Equal for all paths that lead to one namespace.
  let identity: FileStatus.Identity
  private let descriptor: Int32

  /// That of this program.
  static var own: FileStatus.Identity? { FileStatus(path: "/proc/self/ns/net")?.identity }

  init(path: String) throws(CaptureError) {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw Self.failure(path, errno) }
    guard let identity = FileStatus(path: path)?.identity else {
      let code = errno
      close(descriptor)
      throw Self.failure(path, code)
    }
    self.path = path
    self.identity = identity
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Does something inside the namespace. A thread of its own enters it and ends: what it opened stays there, and nothing
  /// else of this program is ever in another namespace.
  func run<R>(_ body: @escaping () throws(CaptureError) -> R) throws(CaptureError) -> R {
    let work = Work { [descriptor, path] () throws(CaptureError) -> R in
      guard wsclose_enter_network(descriptor) == 0 else {
        let code = errno
        if code == EPERM { throw Self.failure(path, code) }
        throw CaptureError(
          source: path, problem: "is no network namespace (\(Errno(code).text.lowercased()))",
          advice: "name one, such as /run/netns/NAME or /proc/PID/ns/net")
      }
      return try body()
    }
    var thread = pthread_t()
    // SAFETY: the thread has ended before `work` goes away.
    let code = unsafe pthread_create(
      &thread, nil,
      { context in
        if let context = unsafe context {
          unsafe Unmanaged<AnyWork>.fromOpaque(context).takeUnretainedValue().run()
        }
        return nil
      }, Unmanaged<AnyWork>.passUnretained(work).toOpaque())
    guard code == 0 else { throw Self.failure(path, code) }
    pthread_join(thread, nil)
    guard let result = work.result else { throw Self.failure(path, EAGAIN) }
    return try result.get()
  }

  private static func failure(_ path: String, _ code: Int32) -> CaptureError {
    let advice =
      switch code {
      case ENOENT: "check the path"
      case EPERM, EACCES: "run as root, or with the capabilities CAP_SYS_ADMIN and CAP_SYS_PTRACE"
      default: "check that it is a network namespace"
      }
    return CaptureError(source: path, problem: Errno(code).text.lowercased(), advice: advice)
  }
}

private class AnyWork {
  func run() {}
}

private final class Work<R>: AnyWork {
  private let body: () throws(CaptureError) -> R
  private(set) var result: Result<R, CaptureError>?

  init(_ body: @escaping () throws(CaptureError) -> R) { self.body = body }

  override func run() {
    do throws(CaptureError) { result = .success(try body()) } catch { result = .failure(error) }
  }
}
