import CPcap
import Capture
import TestSupport
import Testing

/// Whatever libpcap reads of a classic capture, or of a pcapng with one link type, is read here too, and equal.
@Suite struct LibpcapAgreementTests {
  struct Record: Equatable {
    var nanoseconds: Int64
    var wireLength: Int
    var bytes: [UInt8]
  }

  /// As libpcap reads a file; `nil` if it cannot be opened.
  static func libpcap(_ path: String) -> (records: [Record], isDamaged: Bool)? {
    var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    guard
      let handle = unsafe pcap_open_offline_with_tstamp_precision(
        path, UInt32(PCAP_TSTAMP_PRECISION_NANO), &message)
    else { return nil }
    defer { unsafe pcap_close(handle) }
    var records: [Record] = []
    var header: UnsafeMutablePointer<pcap_pkthdr>?
    var data: UnsafePointer<UInt8>?
    while true {
      let status = unsafe pcap_next_ex(handle, &header, &data)
      guard status == 1, let record = unsafe header?.pointee, let start = unsafe data else {
        return (records, status != PCAP_ERROR_BREAK)
      }
      let bytes = unsafe Array(UnsafeBufferPointer(start: start, count: Int(record.caplen)))
      records.append(
        Record(
          nanoseconds: Timestamp(
            seconds: Int64(record.ts.tv_sec), nanoseconds: Int64(record.ts.tv_usec)
          ).nanoseconds,
          wireLength: Int(record.len), bytes: bytes))
    }
  }

  /// - Parameter times: whether they are sane: libpcap takes the unsigned fields for signed ones.
  static func compare(_ path: String, times: Bool, _ comment: Comment) throws -> Bool {
    guard let expected = libpcap(path) else { return false }
    let source = CaptureSource(path: path)
    var reader = try #require(try? CaptureReader(source), comment)
    var collector = PacketCollector()
    reader.read(into: &collector)
    #expect(reader.statistics.packets == UInt64(expected.records.count), comment)
    #expect(
      reader.statistics.bytes
        == expected.records.reduce(0) { $0 + UInt64(max($1.wireLength, $1.bytes.count)) },
      comment)
    if times {
      #expect(
        reader.statistics.firstPacket?.nanoseconds == expected.records.map(\.nanoseconds).min(), comment)
      #expect(reader.statistics.lastPacket?.nanoseconds == expected.records.map(\.nanoseconds).max(), comment)
    }
    #expect(reader.damages.isEmpty == !expected.isDamaged, comment)
    for packet in collector.packets {
      let record = expected.records[Int(packet.segment.packet.number) - 1]
      if times { #expect(record.nanoseconds == packet.segment.packet.time.nanoseconds, comment) }
      // What was put together of fragments is in no packet as a whole.
      if reader.statistics.fragments.datagrams > 0 { continue }
      #expect(
        packet.payload.isEmpty || record.bytes.suffix(packet.payload.count + 4).contains(packet.payload[0]),
        comment)
    }
    return true
  }

  @Test func `every sample is read as libpcap reads it`() throws {
    var count = 0
    for path in SampleFiles.captures where try Self.compare(path, times: true, "\(path)") { count += 1 }
    #expect(count > 100)
  }

  @Test(arguments: 0..<4)
  func `captures with bytes changed are read as libpcap reads them`(round: Int) throws {
    var random = SeededGenerator(seed: UInt64(round))
    let files = CaptureFormatTests.formats.map(\.bytes)
    try TemporaryFolder.with { folder in
      var compared = 0
      for index in 0..<150 {
        var file = files[index % files.count]
        for _ in 0..<Int.random(in: 1...3, using: &random) {
          file[Int.random(in: 0..<file.count, using: &random)] = UInt8.random(
            in: .min ... .max, using: &random)
        }
        let path = try folder.file(file, name: "\(index).pcap")
        // Link types that libpcap knows and wsclose does not, captures whose interfaces differ.
        guard let reader = try? CaptureReader(CaptureSource(path: path)), !reader.statistics.linkTypes.isEmpty
        else { continue }
        guard let expected = Self.libpcap(path), !expected.isDamaged else { continue }
        if try Self.compare(path, times: false, "\(file)") { compared += 1 }
      }
      #expect(compared > 20)
    }
  }
}
