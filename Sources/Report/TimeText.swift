import Capture

/// Moments as RFC 3339 in UTC, as precise as the capture.
struct TimeText {
  /// 6 or 9.
  var fractionDigits: Int

  init(fractionDigits: Int) { self.fractionDigits = fractionDigits }

  init(_ statistics: CaptureStatistics) {
    fractionDigits = statistics.hasNanoseconds ? 9 : 6
  }

  func text(_ time: Timestamp) -> String {
    var buffer = TextBuffer()
    append(time, to: &buffer)
    return String(decoding: buffer.takeBytes(), as: UTF8.self)
  }

  func append(_ time: Timestamp, to buffer: inout TextBuffer) {
    let (days, nanoseconds) = Self.divide(time.nanoseconds, 86_400_000_000_000)
    let date = Self.date(days: days)
    let seconds = nanoseconds / 1_000_000_000
    func append(_ number: Int64, _ width: Int, _ end: StaticString) {
      buffer.append(decimal: UInt64(number), width: width)
      buffer.append(end)
    }
    append(date.year, 4, "-")
    append(date.month, 2, "-")
    append(date.day, 2, "T")
    append(seconds / 3600, 2, ":")
    append(seconds / 60 % 60, 2, ":")
    append(seconds % 60, 2, ".")
    append(nanoseconds % 1_000_000_000 / (fractionDigits == 6 ? 1000 : 1), fractionDigits, "Z")
  }

  /// Days since 1970-01-01 to a date of the Gregorian calendar; eras of 400 years begin on 1 March.
  private static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = divide(days + 719_468, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
  }

  /// Rounds down, also below zero.
  private static func divide(_ a: Int64, _ b: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = a.quotientAndRemainder(dividingBy: b)
    return remainder < 0 ? (quotient - 1, remainder + b) : (quotient, remainder)
  }
}
