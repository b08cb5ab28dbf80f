import Capture
import Streams
import TestSupport
import Testing

@testable import PROXYDecode

@Suite struct PROXYDecoderTests {
  static let header = PROXYHeaderTests.binary(0x21, 0x11, PROXYHeaderTests.v4)

  /// What came of the client's stream, in a line for each event.
  struct Log: StreamSink {
    var lines: [String] = []
    var bytes: [UInt8] = []

    mutating func receive(_ piece: Span<UInt8>, _ chunk: StreamChunk) {
      guard chunk.side == .client else { return }
      // Pieces that follow each other are one, however they were cut.
      if bytes.isEmpty { lines.append("bytes from \(chunk.offset)") }
      bytes.append(piece, 0..<piece.count)
    }

    mutating func receive(_ event: StreamEvent, on connection: ConnectionID) {
      switch event {
      case .proxied(let header, let upTo, _): lines.append("proxied \(header.version) upTo \(upTo)")
      case .gap(.client, let range, _, _): lines.append("gap \(range)")
      case .ended(.client, let kind, let offset, _): lines.append("\(kind.name) \(offset)")
      default: break
      }
    }
  }

  static func log(_ packets: [TestPacket]) -> Log {
    var decoder = PROXYDecoder(into: Log())
    Stages.reassemble(packets, into: &decoder)
    return decoder.sink
  }

  static func talk(_ pieces: [[UInt8]]) -> [TestPacket] {
    var talk = Conversation()
    talk.open()
    for piece in pieces {
      talk.send(.client, piece)
      talk.acknowledge(.server)
    }
    talk.send(.server, Array("HTTP/1.1 200 OK\r\n\r\n".utf8))
    talk.finish(.client)
    return talk.packets
  }

  @Test(arguments: PROXYHeaderTests.headers.indices)
  func `a header is told and taken away, however it is cut`(index: Int) {
    let (header, told) = PROXYHeaderTests.headers[index]
    let rest = Array("GET / HTTP/1.1\r\n\r\n".utf8)
    let all = header + rest
    for cut in 1..<all.count {
      let log = Self.log(Self.talk([Array(all[..<cut]), Array(all[cut...])]))
      #expect(log.bytes == rest, "\(cut)")
      #expect(
        log.lines == [
          "proxied \(told.version) upTo \(header.count)", "bytes from \(header.count)", "FIN \(all.count)",
        ], "\(cut)")
    }
    #expect(Self.log(Self.talk(all.map { [$0] })).bytes == rest)
  }

  @Test(arguments: [
    "GET / HTTP/1.1\r\n\r\n", "P", "PROXY TCP4 nonsense\r\nGET", "\r\n\r\n", "PROXY TCP4 1.2.3.4",
  ])
  func `what begins with none passes as it is`(text: String) {
    let bytes = Array(text.utf8)
    for cut in 1...bytes.count {
      let pieces = [Array(bytes[..<cut]), Array(bytes[cut...])].filter { !$0.isEmpty }
      let log = Self.log(Self.talk(pieces))
      #expect(log.bytes == bytes, "\(cut)")
      #expect(log.lines == ["bytes from 0", "FIN \(bytes.count)"], "\(cut)")
    }
  }

  @Test func `behind missing bytes nothing is taken for a header`() {
    var talk = Conversation()
    talk.open()
    talk.sendUncaptured(.client, 5)
    talk.send(.client, Self.header)
    talk.acknowledge(.server)
    talk.finish(.client)
    let log = Self.log(talk.packets)
    #expect(log.bytes == Self.header)
    #expect(!log.lines.contains { $0.hasPrefix("proxied") })
  }

  @Test func `a header of which the end is missing passes as it is`() {
    var talk = Conversation()
    talk.open()
    talk.send(.client, Array(Self.header[..<20]))
    talk.sendUncaptured(.client, 8)
    talk.send(.client, Array("GET".utf8))
    talk.acknowledge(.server)
    talk.finish(.client)
    let log = Self.log(talk.packets)
    #expect(log.bytes == Array(Self.header[..<20]) + Array("GET".utf8))
    #expect(log.lines == ["bytes from 0", "gap 20..<28", "FIN 31"])
  }

  @Test func `what the server says meanwhile waits, and not without bound`() {
    var talk = Conversation()
    talk.open()
    talk.send(.client, Array(Self.header[..<20]))
    for _ in 0..<100 { talk.send(.server, [UInt8](repeating: 7, count: 4000)) }
    talk.send(.client, Self.header[20...] + Array("GET".utf8))
    talk.acknowledge(.server)
    talk.finish(.client)
    let log = Self.log(talk.packets)
    #expect(log.lines == ["bytes from 0", "FIN \(Self.header.count + 3)"])
    #expect(log.bytes == Self.header + Array("GET".utf8))
  }
}
