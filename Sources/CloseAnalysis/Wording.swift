import Capture
import WSDecode

extension String {
  /// Begins a text that grows piece by piece: there is room for as many bytes from the beginning.
  init(roomFor count: Int) {
    self = ""
    reserveCapacity(count)
  }
}

/// Numbers as sentences want them.
package enum Wording {
  /// `1638400` as `1,638,400`.
  static func count(_ number: UInt64) -> String {
    let digits = Array(String(number))
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }

  package static func count(_ number: UInt64, _ one: String, _ many: String) -> String {
    "\(count(number)) \(number == 1 ? one : many)"
  }

  /// `1.0304` as `1.03 s`.
  static func seconds(_ seconds: Double) -> String {
    guard seconds.isFinite, abs(seconds) < 1e15 else { return "a long time" }
    let sign = seconds < 0 ? "-" : ""
    let hundredths = UInt64((abs(seconds) * 100).rounded())
    let fraction = hundredths % 100
    return "\(sign)\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) s"
  }

  /// A Close frame's code, or that it has none.
  static func close(_ body: CloseBody) -> String { body.code.map { "\($0.rawValue)" } ?? "no code" }

  static func packet(_ packet: PacketReference) -> String { "packet \(packet.number)" }
}
