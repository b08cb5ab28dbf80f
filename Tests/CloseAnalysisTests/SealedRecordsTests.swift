import Capture
import Limits
import Streams
import Testing

@testable import CloseAnalysis

/// What is kept of the records of a connection that stays closed.
@Suite struct SealedRecordsTests {
  static func packet(_ number: UInt64) -> PacketReference {
    PacketReference(number: number, time: Timestamp(nanoseconds: Int64(number) * 1_000_000_000))
  }

  /// Records of application data, each with the packet that completed it.
  static func records(_ lengths: [(length: Int?, packet: UInt64)]) -> SealedRecords {
    var records = SealedRecords()
    var end: UInt64 = 0
    for (length, number) in lengths {
      end += UInt64(length ?? 0) + 22
      records.add(
        TLSRecordDescription(contentType: 23, contentLength: length), end: end, packet(number))
    }
    return records
  }

  @Test func `content is counted from any record to any other`() {
    let records = Self.records([(10, 1), (0, 2), (200, 4), (3, 8)])
    #expect(records.data.indices.map { records.contentLength($0) } == [10, 0, 200, 3])
    #expect(records.contentLength(1..<4) == 203)
    #expect(records.contentLength(2..<2) == 0)
    #expect(records.index(reaching: 11) == 2)
    #expect(records.index(reaching: 214) == 4)
    #expect([1, 2, 3, 4, 9].map { records.index(notBefore: Self.packet($0)) } == [0, 1, 2, 2, 4])
  }

  @Test func `what comes late is read with what had to wait for it`() {
    let records = Self.records([(10, 5), (20, 3), (30, 4), (40, 6)])
    #expect(records.data.map(\.packet.number) == [5, 5, 5, 6])
    #expect(records.index(notBefore: Self.packet(4)) == 0)
  }

  @Test func `records of the handshake count, and are not kept`() {
    var records = SealedRecords()
    records.add(TLSRecordDescription(contentType: 22, contentLength: 90), end: 112, Self.packet(1))
    #expect(records.count == 1)
    #expect(records.data.isEmpty)
    #expect(!records.isIncomplete)
    records.add(TLSRecordDescription(contentType: 22, contentLength: nil), end: 212, Self.packet(2))
    #expect(records.isIncomplete)
  }

  @Test func `what is forgotten still counts`() {
    var records = Self.records([(10, 1), (20, 2), (30, 3), (40, 9)])
    records.acknowledge(upTo: 32 + 42, Self.packet(4))
    records.forget(before: Self.packet(3).time)
    #expect(records.data.map(\.packet.number) == [2, 3, 9])
    #expect(records.data.indices.map { records.contentLength($0) } == [20, 30, 40])
    #expect(records.contentLength(1..<3) == 70)
    #expect(records.data.map(\.acknowledged?.number) == [4, nil, nil])
    records.acknowledge(upTo: 1000, Self.packet(10))
    #expect(records.data.map(\.acknowledged?.number) == [4, 10, 10])
    records.forget(before: Self.packet(100).time)
    #expect(records.data.map(\.packet.number) == [9])
    #expect(!records.isIncomplete)
  }

  @Test func `more records than are kept are counted, and said to be cut`() {
    let most = Limits.standard.maxSealedRecords
    var records = Self.records((1...most).map { (1, UInt64($0)) })
    #expect(!records.isCut)
    records.add(TLSRecordDescription(contentType: 23, contentLength: 1), end: 1 << 30, Self.packet(1 << 20))
    #expect(records.isCut && records.isIncomplete)
    #expect(records.count == most + 1)
    #expect(records.data.count == most)
    records.forget(before: Self.packet(UInt64(most) - 10).time)
    records.add(TLSRecordDescription(contentType: 23, contentLength: 1), end: 1 << 31, Self.packet(1 << 21))
    #expect(records.isCut)
    #expect(records.data.last?.packet.number == UInt64(most))
  }
}
