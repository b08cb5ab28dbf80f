import Capture
import Foundation
import TestSupport
import Testing

@testable import Report

@Suite struct TimeTextTests {
  static let rows: [(nanoseconds: Int64, digits: Int, text: String)] = [
    (0, 6, "1970-01-01T00:00:00.000000Z"), (0, 9, "1970-01-01T00:00:00.000000000Z"),
    (1, 9, "1970-01-01T00:00:00.000000001Z"), (-1, 9, "1969-12-31T23:59:59.999999999Z"),
    (-1_000_000_000, 6, "1969-12-31T23:59:59.000000Z"),
    (-86_400_000_000_000, 6, "1969-12-31T00:00:00.000000Z"),
    (1_767_225_600_123_456_789, 6, "2026-01-01T00:00:00.123456Z"),
    (1_767_225_600_123_456_789, 9, "2026-01-01T00:00:00.123456789Z"),
    (1_709_164_800_000_000_000, 6, "2024-02-29T00:00:00.000000Z"),
    (951_782_400_000_000_000, 6, "2000-02-29T00:00:00.000000Z"),
    (4_107_542_399_000_000_000, 6, "2100-02-28T23:59:59.000000Z"),
    (4_107_542_400_000_000_000, 6, "2100-03-01T00:00:00.000000Z"),
    (-2_203_891_200_000_000_000, 6, "1900-03-01T00:00:00.000000Z"),
    (.max, 9, "2262-04-11T23:47:16.854775807Z"), (.min, 9, "1677-09-21T00:12:43.145224192Z"),
  ]

  @Test(arguments: rows)
  func `a moment is RFC 3339 in UTC`(_ nanoseconds: Int64, digits: Int, text: String) {
    #expect(TimeText(fractionDigits: digits).text(Timestamp(nanoseconds: nanoseconds)) == text)
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `date and time are those of Foundation`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<200 {
      let nanoseconds = Int64.random(in: .min ... .max, using: &random)
      let text = TimeText(fractionDigits: 9).text(Timestamp(nanoseconds: nanoseconds))
      let fraction = ((nanoseconds % 1_000_000_000) + 1_000_000_000) % 1_000_000_000
      // Whole seconds, so that Foundation's floating point is exact.
      let seconds = nanoseconds / 1_000_000_000 - (nanoseconds < 0 && fraction != 0 ? 1 : 0)
      let date = Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
      #expect(text.prefix(19) + "Z" == date)
      #expect(text.dropFirst(19) == ".\(String(fraction + 1_000_000_000).dropFirst())Z")
    }
  }

  /// The text of the last second is used again.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `a moment's text does not depend on the one before`(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let start =
      ([0, 1_767_225_599_000_000_000, -1_000_000_000, -86_400_000_000_000, .min + 3_000_000_000] as [Int64])
      .randomElement(using: &random) ?? 0
    let moments = (0..<100).map { _ in
      Timestamp(nanoseconds: start + Int64.random(in: -3_000_000_000...3_000_000_000, using: &random))
    }
    for digits in [6, 9] {
      let time = TimeText(fractionDigits: digits)
      var writer = JSONWriter(isIndented: false)
      writer.array(nil, moments) { $0.field(nil, $1, as: time) }
      let texts = try #require(
        JSONSerialization.jsonObject(with: Data(writer.takeBytes())) as? [String])
      #expect(texts == moments.map { time.text($0) })
    }
  }

  /// Year 9999, the year after it, and far beyond: more than 64 bits of nanoseconds hold.
  @Test(arguments: [253_402_300_799, 253_402_300_800, Int64.max, 9_223_372_037])
  func `a moment beyond what a time stamp holds is the last that it holds`(seconds: Int64) {
    let late = Timestamp(seconds: seconds, nanoseconds: 999_999_999)
    #expect(TimeText(fractionDigits: 9).text(late) == "2262-04-11T23:47:16.854775807Z")
    let early = Timestamp(seconds: -seconds, nanoseconds: -999_999_999)
    #expect(TimeText(fractionDigits: 9).text(early) == "1677-09-21T00:12:43.145224192Z")
  }

  @Test func `texts of equal precision sort as their moments do`() {
    var random = SeededGenerator(seed: 7)
    let moments = (0..<500).map { _ in Int64.random(in: .min ... .max, using: &random) }.sorted()
    let texts = moments.map { TimeText(fractionDigits: 9).text(Timestamp(nanoseconds: $0)) }
    #expect(texts == texts.sorted())
  }

  @Test(arguments: [false, true])
  func `a report is as precise as its capture`(hasNanoseconds: Bool) throws {
    var conversation = Conversation()
    conversation.upgrade()
    conversation.finish(.server)
    let reports = Reports(conversation.packets, hasNanoseconds: hasNanoseconds)
    let capture = try #require(try JSON.object(reports.json).array("captures").first)
    let first = try #require(capture["firstPacket"] as? String)
    #expect(first == "2026-01-01T00:00:00.\(hasNanoseconds ? "000000000" : "000000")Z")
    let teardown = try JSON.session(reports).object("teardown")
    #expect((teardown["at"] as? String)?.count == first.count)
  }
}
