import Capture

/// Moments as RFC 3339 in UTC, as precise as the capture.
struct TimeText {
  /// 6 or 9.
  var fractionDigits: Int

  init(fractionDigits: Int) { self.fractionDigits = fractionDigits }

  init(_ statistics: CaptureStatistics) {
    fractionDigits = statistics.hasNanoseconds ? 9 : 6
  }

  /// Of a moment's text, in bytes.
  var length: Int { Second.length + fractionDigits + 1 }

  func text(_ time: Timestamp) -> String {
    var buffer = TextBuffer()
    var second = Second()
    let fraction = second.move(to: time)
    buffer.write(atMost: length) { put(second, fraction, in: &$0) }
    return String(decoding: buffer.takeBytes(), as: UTF8.self)
  }

  /// - Parameter nanoseconds: since the second.
  @inline(__always)
  func put(_ second: Second, _ nanoseconds: UInt64, in room: inout TextRoom) {
    room.put(second.text.span)
    room.put(decimal: fractionDigits == 6 ? nanoseconds / 1000 : nanoseconds, digits: fractionDigits)
    room.put(UInt8(ascii: "Z"))
  }

  /// A moment's text up to its fraction, kept for the next: most that a session tells lies in one second or two.
  struct Second {
    /// `2026-01-02T03:04:05.`
    static let length = 20
    fileprivate private(set) var text = InlineArray<20, UInt8>(repeating: 0)
    /// Since 1970.
    private var number: Int64?

    /// - Returns: the nanoseconds from its second to a moment.
    mutating func move(to time: Timestamp) -> UInt64 {
      let (seconds, nanoseconds) = TimeText.divide(time.nanoseconds, 1_000_000_000)
      if number != seconds {
        number = seconds
        write(seconds)
      }
      return UInt64(nanoseconds)
    }

    /// A time stamp's nanoseconds have years of four digits.
    private mutating func write(_ seconds: Int64) {
      let (days, time) = TimeText.divide(seconds, 86_400)
      let date = TimeText.date(days: days)
      var end = 0
      func put(_ number: Int64, _ digits: Int, _ mark: UInt8) {
        var rest = number
        for place in (end..<end + digits).reversed() {
          text[place] = UInt8(ascii: "0") + UInt8(rest % 10)
          rest /= 10
        }
        text[end + digits] = mark
        end += digits + 1
      }
      put(date.year, 4, UInt8(ascii: "-"))
      put(date.month, 2, UInt8(ascii: "-"))
      put(date.day, 2, UInt8(ascii: "T"))
      put(time / 3600, 2, UInt8(ascii: ":"))
      put(time / 60 % 60, 2, UInt8(ascii: ":"))
      put(time % 60, 2, UInt8(ascii: "."))
    }
  }

  /// Days since 1970-01-01 to a date of the Gregorian calendar; eras of 400 years begin on 1 March.
  fileprivate static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = divide(days + 719_468, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  /// Rounds down, also below zero.
  fileprivate static func divide(_ a: Int64, _ b: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
    return remainder < 0 ? (quotient - 1, remainder + b) : (quotient, remainder)
  }
}
