import Capture
import Pipeline
import TLSDecode
import WSDecode

extension Pipeline {
  /// Reads one capture until it ends or the user interrupts, tells how far it is, and complains of what is wrong with its
  /// secrets.
  ///
  /// - Parameter isAlone: whether no other capture is read at the same time, and there is a second core for this one.
  static func readTelling<Sink: LegSink & Sendable>(
    _ source: CaptureSource, keyLog: KeyLog, options: FrameOptions = FrameOptions(),
    into sink: Sink, isAlone: Bool = true, progress: ProgressLine,
    onInterfaceNames: @escaping @Sendable ([UInt32: String]) -> Void = { _ in }
  ) throws(CaptureError) -> Reading<Sink> {
    var source = source
    let index = source.index
    source.isInterrupted = { Interrupt.isRequested }
    source.beforeWaiting = { [before = source.beforeWaiting] in
      before()
      progress.refresh()
    }
    defer { progress.erase() }
    let name = CaptureSource.name(of: source.paths[0])
    let complain: @Sendable (KeyLog.Malformed) -> Void = { bad in
      progress.erase()
      Output.complain(
        "\(name): \(bad.count) lines of its decryption secrets are none of a key log, the first is line"
          + " \(bad.firstLine); what is left of them is used")
    }
    let show: @Sendable (CaptureProgress, Int) -> Void = { progress.show($0, legs: $1, ofCapture: index) }
    let reading =
      isAlone
      ? try readOnTwoThreads(
        source, keyLog: keyLog, options: options, into: sink, onInterfaceNames: onInterfaceNames,
        onMalformedSecrets: complain, onProgress: show)
      : try read(
        source, keyLog: keyLog, options: options, into: sink, onInterfaceNames: onInterfaceNames,
        onMalformedSecrets: complain, onProgress: show)
    let broken = reading.summary.statistics.brokenSecrets
    if broken > 0 {
      Output.complain(
        "\(name): \(broken) Decryption Secrets Blocks are broken, and were passed over;"
          + " inject the key log again, or give it with --keylog")
    }
    return reading
  }
}
