import CLibFuzzer
import FuzzTargets
import Glibc

/// Fuzzes one target, by its name in the environment: what libFuzzer starts itself inherits it. The arguments are
/// libFuzzer's.
@main
enum FuzzDriver {
  static let target: FuzzTarget = {
    let name = unsafe getenv("WSCLOSE_FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
      fatalError(
        "WSCLOSE_FUZZ_TARGET is none of \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return target
  }()

  static func main() {
    // SAFETY: the arguments live as long as the process.
    exit(unsafe runDriver(CommandLine.argc, CommandLine.unsafeArgv))
  }

  private static func runDriver(
    _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  ) -> CInt {
    var count = count
    var arguments = unsafe arguments
    return unsafe LLVMFuzzerRunDriver(&count, &arguments, runOne)
  }
}

/// A trap or a broken promise ends the process, and libFuzzer writes the input that did it.
private func runOne(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  // SAFETY: libFuzzer's bytes are valid during the call, and are copied.
  let bytes = unsafe [UInt8](UnsafeBufferPointer(start: start, count: count))
  do throws(BrokenInvariant) {
    try FuzzDriver.target.run(bytes)
  } catch {
    fatalError("\(FuzzDriver.target.rawValue): \(error)")
  }
  return 0
}
