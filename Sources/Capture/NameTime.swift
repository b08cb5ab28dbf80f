/// The time in a file's name, in one of the forms in which strftime is used for it: a date, a time of the day, both, or
/// seconds since 1970.
struct NameTime {
  private let name: [UInt8]
  /// Where digits stand.
  private let runs: [Range<Int>]

  static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  /// Where it stands, and with it dumpcap's number; of several the longest.
  static func place(in name: [UInt8]) -> Range<Int>? {
    let time = NameTime(name)
    let places = time.runs.indices.compactMap { time.place(from: $0) }
    return places.max { $0.count < $1.count }
  }

  private init(_ name: [UInt8]) {
    self.name = name
    var runs: [Range<Int>] = []
    for (index, byte) in name.enumerated() where Self.isDigit(byte) {
      if runs.last?.upperBound == index {
        runs[runs.count - 1] = runs[runs.count - 1].lowerBound..<index + 1
      } else {
        runs.append(index..<index + 1)
      }
    }
    self.runs = runs
  }

  private func place(from run: Int) -> Range<Int>? {
    let digits = runs[run]
    switch digits.count {
    case 14 where isDate(digits.prefix(8)) && isTime(digits.suffix(6)): return withNumber(run)
    case 12 where isDate(digits.prefix(8)) && isTime(digits.suffix(4)): return digits
    case 10 where isDate(digits.prefix(8)) && isTime(digits.suffix(2)): return digits
    case 10 where name[digits.lowerBound] == UInt8(ascii: "1"): return digits
    case 8 where isDate(digits): return withTime(digits, run + 1)
    case 6 where isDate(digits): return withTime(digits, run + 1)
    case 6 where isTime(digits): return digits
    // At the end it is a number.
    case 4 where isTime(digits) && digits.upperBound < name.count: return apartDate(from: run) ?? digits
    case 4: return apartDate(from: run)
    default: return nil
    }
  }

  /// `2026-01-01`
  private func apartDate(from run: Int) -> Range<Int>? {
    guard runs.count > run + 2, isApart(run), isApart(run + 1), runs[run + 1].count == 2,
      runs[run + 2].count == 2, isYear(runs[run]), isMonthAndDay(runs[run + 1], runs[run + 2])
    else { return nil }
    return withTime(runs[run].lowerBound..<runs[run + 2].upperBound, run + 3)
  }

  /// - Parameter run: the one behind the date, which may be its time of the day: `T10:00:00`, `_1000`, `-10`.
  private func withTime(_ date: Range<Int>, _ run: Int) -> Range<Int> {
    guard run < runs.count, isApart(run - 1), isTime(runs[run]) else { return date }
    var end = run
    while runs[run].count == 2, end < run + 2, end + 1 < runs.count, isApart(end), runs[end + 1].count == 2,
      value(runs[end + 1]) < 60
    { end += 1 }
    return date.lowerBound..<runs[end].upperBound
  }

  /// dumpcap's number has five digits or more, and stands before the time or behind it.
  private func withNumber(_ run: Int) -> Range<Int> {
    func isNumber(_ other: Int) -> Bool {
      guard runs.indices.contains(other), runs[other].count >= 5 else { return false }
      let between = runs[min(run, other)].upperBound..<runs[max(run, other)].lowerBound
      return between.count == 1 && name[between.lowerBound] == UInt8(ascii: "_")
    }
    if isNumber(run - 1) { return runs[run - 1].lowerBound..<runs[run].upperBound }
    return runs[run].lowerBound..<runs[isNumber(run + 1) ? run + 1 : run].upperBound
  }

  /// Whether signs, or a `T`, stand between this run and the next.
  private func isApart(_ run: Int) -> Bool {
    let between = name[runs[run].upperBound..<runs[run + 1].lowerBound]
    return between.elementsEqual([UInt8(ascii: "T")])
      || between.count <= 2 && between.allSatisfy { "-_.: ".utf8.contains($0) }
  }

  // MARK: Numbers

  /// Day, month and year, with or without the century.
  private func isDate(_ digits: Range<Int>) -> Bool {
    (digits.count == 6 || isYear(digits.prefix(4)))
      && isMonthAndDay(digits.suffix(4).prefix(2), digits.suffix(2))
  }

  private func isYear(_ digits: Range<Int>) -> Bool { (1970..<2100).contains(value(digits)) }

  private func isMonthAndDay(_ month: Range<Int>, _ day: Range<Int>) -> Bool {
    (1...12).contains(value(month)) && (1...31).contains(value(day))
  }

  /// Hours, and what of minutes and seconds there is.
  private func isTime(_ digits: Range<Int>) -> Bool {
    switch digits.count {
    case 2: value(digits) < 24
    case 4: value(digits.prefix(2)) < 24 && value(digits.suffix(2)) < 60
    // A leap second is the 60th.
    case 6: isTime(digits.prefix(4)) && value(digits.suffix(2)) <= 60
    default: false
    }
  }

  private func value(_ digits: Range<Int>) -> Int {
    digits.reduce(0) { $0 * 10 + Int(name[$1] - UInt8(ascii: "0")) }
  }
}
