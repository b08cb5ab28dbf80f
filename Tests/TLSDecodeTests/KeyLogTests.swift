import TestSupport
import Testing

@testable import TLSDecode

@Suite struct KeyLogTests {
  static let random = String(repeating: "ab", count: 32)
  static let secret = String(repeating: "0F", count: 32)

  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var line: String
    var isMalformed = false
    var count = 0
  }

  static let rows = [
    Row(testDescription: "TLS 1.2", line: "CLIENT_RANDOM \(random) \(secret)", count: 1),
    Row(testDescription: "TLS 1.3", line: "SERVER_TRAFFIC_SECRET_0 \(random) \(secret)", count: 1),
    Row(testDescription: "a line of Windows", line: "CLIENT_RANDOM \(random) \(secret)\r", count: 1),
    Row(testDescription: "a comment", line: "# SSL/TLS secrets log file"),
    Row(testDescription: "an empty line", line: ""),
    Row(testDescription: "secrets of something else", line: "EXPORTER_SECRET \(random) \(secret)"),
    Row(testDescription: "a session of old", line: "RSA 0123456789abcdef \(secret)"),
    Row(
      testDescription: "a random of 31 bytes", line: "CLIENT_RANDOM \(random.dropLast(2)) \(secret)",
      isMalformed: true),
    Row(testDescription: "no secret", line: "CLIENT_RANDOM \(random)", isMalformed: true),
    Row(testDescription: "half a byte", line: "CLIENT_RANDOM \(random) \(secret)0", isMalformed: true),
    Row(testDescription: "no digits", line: "CLIENT_RANDOM \(random) \(secret)zz", isMalformed: true),
    Row(testDescription: "four words", line: "CLIENT_RANDOM \(random) \(secret) x", isMalformed: true),
    Row(
      testDescription: "a label in lower case", line: "client_random \(random) \(secret)", isMalformed: true),
    Row(testDescription: "a line without end", line: String(repeating: "A", count: 5000), isMalformed: true),
    Row(testDescription: "another file", line: "{\"log\": 1}", isMalformed: true),
  ]

  @Test(arguments: rows)
  func `a line is secrets, or something to pass over, or malformed`(_ row: Row) {
    var log = KeyLog()
    log.append("\n\(row.line)\n".utf8)
    #expect(log.count == row.count)
    #expect(log.malformed == (row.isMalformed ? KeyLog.Malformed(count: 1, firstLine: 2) : nil))
  }

  @Test func `of more connections than the limit those that came last are kept`() {
    func random(_ number: Int) -> String { String(repeating: "0", count: 60) + String(1000 + number) }
    var log = KeyLog()
    log.maxConnections = 8
    log.append("CLIENT_TRAFFIC_SECRET_0 \(random(4)) \(Self.secret)\n".utf8)
    for number in 1...10 { log.append("CLIENT_RANDOM \(random(number)) \(Self.secret)\n".utf8) }
    #expect(log.count <= 8)
    func secrets(_ number: Int) -> TLSSecrets? {
      log.secrets(for: [UInt8](repeating: 0, count: 30) + [0x10, UInt8(number % 10 + number / 10 * 16)])
    }
    #expect((1...2).allSatisfy { secrets($0) == nil })
    #expect((7...10).allSatisfy { secrets($0)?.master != nil })
  }

  @Test func `secrets of one connection stay together`() {
    func line(_ label: String, _ number: Int) -> String {
      "\(label) \(String(repeating: "0", count: 62))\(10 + number) \(Self.secret)\n"
    }
    var log = KeyLog()
    log.maxConnections = 8
    log.append(line("CLIENT_TRAFFIC_SECRET_0", 0).utf8)
    for number in 1...4 { log.append(line("CLIENT_RANDOM", number).utf8) }
    log.append(line("SERVER_TRAFFIC_SECRET_0", 0).utf8)
    let secrets = log.secrets(for: [UInt8](repeating: 0, count: 31) + [0x10])
    #expect(secrets?.clientTraffic != nil && secrets?.serverTraffic != nil)
  }

  @Test func `a last line counts without its end once the log is finished`() {
    var log = KeyLog()
    log.append("CLIENT_RANDOM \(Self.random) \(Self.secret)".utf8)
    #expect(log.count == 0)
    log.finish()
    #expect(log.count == 1)
    #expect(
      log.secrets(for: [UInt8](repeating: 0xab, count: 32))?.master == [UInt8](repeating: 15, count: 32))
  }

  @Test func `malformed lines are counted, and the first is named`() {
    var log = KeyLog()
    log.append("# \nx\nCLIENT_RANDOM \(Self.random) \(Self.secret)\ny\nz\n".utf8)
    #expect(log.malformed == KeyLog.Malformed(count: 3, firstLine: 2))
    #expect(log.count == 1)
  }

  @Test func `the secrets of one connection come line by line`() {
    var log = KeyLog()
    for label in ["CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "CLIENT_HANDSHAKE_TRAFFIC_SECRET"] {
      log.append("\(label) \(Self.random) \(Self.secret)\n".utf8)
    }
    let secrets = log.secrets(for: [UInt8](repeating: 0xab, count: 32))
    #expect(log.count == 1)
    #expect(secrets?.clientTraffic != nil && secrets?.serverTraffic != nil && secrets?.serverHandshake == nil)
  }
}
