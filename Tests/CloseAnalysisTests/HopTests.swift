import CloseAnalysis
import TestSupport
import Testing

/// Who stands at the client's end of what was captured.
@Suite struct HopTests {
  static func session(_ fields: [String]) -> Session {
    var talk = Conversation()
    talk.upgrade(requestFields: fields)
    talk.send(.server, WebSocketBytes.close(4321, "test"))
    talk.acknowledge(.client)
    talk.send(.client, WebSocketBytes.close(4321, "test", from: .client))
    talk.acknowledge(.server)
    talk.finish(.server)
    return Stages.sessions(of: talk.packets)[0]
  }

  static let proxies: [(field: String, name: String)] = [
    ("X-Forwarded-For: 192.0.2.1", "x-forwarded-for"), ("Forwarded: for=192.0.2.1", "forwarded"),
    ("Via: 1.1 edge", "via"), ("X-Real-IP: 192.0.2.1", "x-real-ip"),
    ("CF-Connecting-IP: 192.0.2.1", "cf-connecting-ip"), ("X-Forwarded-Proto: https", "x-forwarded-proto"),
    ("X-Envoy-Expected-Rq-Timeout-Ms: 15000", "x-envoy-expected-rq-timeout-ms"),
    ("X-Envoy-Decorator-Operation: app:80/*", "x-envoy-decorator-operation"),
    ("X-Amzn-Trace-Id: Root=1", "x-amzn-trace-id"),
  ]

  @Test(arguments: proxies)
  func `a field that proxies write tells that a proxy sent the request`(field: String, name: String) {
    let session = Self.session([field])
    #expect(session.hop.isProxy == true)
    #expect(session.hop.because == "the request carries \(name)")
    #expect(session.answer.contains("a proxy (the request carries \(name))"))
    #expect(session.clientSees.allSatisfy { $0.because.contains("if the hops before") })
  }

  /// Applications write these, too.
  @Test(arguments: [
    [], ["x-request-id: 1"], ["traceparent: 00-1-2-01"], ["b3: 1-2-1", "x-request-id: 1"],
  ])
  func `no such field is no proof that it is the client`(fields: [String]) {
    let session = Self.session(fields)
    #expect(session.hop.isProxy == false)
    #expect(session.hop.because == "no header of the request names a proxy before it")
    #expect(session.answer.contains("the client (no header names a proxy before it)"))
  }
}
