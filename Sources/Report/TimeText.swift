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
    var second = Second()
    append(time, to: &buffer, &second)
    return String(decoding: buffer.takeBytes(), as: UTF8.self)
  }

  /// - Parameter second: that of the last moment that was written.
  func append(_ time: Timestamp, to buffer: inout TextBuffer, _ second: inout Second) {
    let (seconds, nanoseconds) = Self.divide(time.nanoseconds, 1_000_000_000)
    second.set(seconds)
    let fraction = UInt64(nanoseconds) / (fractionDigits == 6 ? 1000 : 1)
    buffer.write(Second.length + fractionDigits + 1) { room, start in
      room.put(second.text.span, at: start)
      room.put(decimal: fraction, digits: fractionDigits, at: start + Second.length)
      room[start + Second.length + fractionDigits] = UInt8(ascii: "Z")
    }
  }

  /// A moment's text up to its fraction, kept for the next: most that a session tells lies in one second or two.
  struct Second {
    /// `2026-01-02T03:04:05.`
    static let length = 20
    fileprivate private(set) var text = InlineArray<20, UInt8>(repeating: 0)
    private var seconds: Int64?

    /// - Parameter seconds: since 1970.
    fileprivate mutating func set(_ seconds: Int64) {
      guard self.seconds != seconds else { return }
      self.seconds = seconds
      let (days, time) = TimeText.divide(seconds, 86_400)
      let date = TimeText.date(days: days)
      var room = text.mutableSpan
      // A time stamp's nanoseconds have years of four digits.
      room.put(decimal: UInt64(date.year), digits: 4, at: 0)
      let rest: InlineArray<5, (Int64, UInt8)> = [
        (date.month, UInt8(ascii: "-")), (date.day, UInt8(ascii: "-")), (time / 3600, UInt8(ascii: "T")),
        (time / 60 % 60, UInt8(ascii: ":")), (time % 60, UInt8(ascii: ":")),
      ]
      for index in rest.indices {
        let (number, before) = rest[index]
        room[4 + 3 * index] = before
        room.put(decimal: UInt64(number), digits: 2, at: 5 + 3 * index)
      }
      room[19] = UInt8(ascii: ".")
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
