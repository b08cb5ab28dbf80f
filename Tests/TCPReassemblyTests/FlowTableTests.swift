import Capture
import TestSupport
import Testing

import Streams
@testable import TCPReassembly

@Suite struct FlowTableTests {
  static func key(_ port: Int) -> FlowKey {
    FlowKey(
      Endpoint(address: IPAddress(v4: 0x0a09_0102), port: UInt16(port)),
      Endpoint(address: IPAddress(v4: 0x0a09_0101), port: 80))
  }

  static func insert(_ port: Int, serial: UInt64, in table: inout FlowTable) -> Int {
    let key = key(port)
    return table.insert(key) { slot in
      Flow(
        key: key, id: ConnectionID(slot: slot, serial: serial), clientEnd: key.high,
        packet: PacketReference(number: serial, time: Timestamp(nanoseconds: 0)))
    }
  }

  @Test func `a key is the same for both directions`() {
    let (a, b) = (Endpoint(text: "10.0.0.1:80"), Endpoint(text: "10.0.0.2:80"))
    #expect(FlowKey(a, b) == FlowKey(b, a))
    #expect(FlowKey(a, b) != FlowKey(a, a))
  }

  @Test(arguments: UInt64(1)...20)
  func `the table agrees with a dictionary`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var table = FlowTable()
    var model: [Int: (slot: Int, serial: UInt64)] = [:]
    // Grows and shrinks several times, over more keys than the first buckets.
    for round in 0..<4000 {
      let port = Int.random(in: 0..<400, using: &random)
      let favoursInsert = (round / 500) % 2 == 0
      if let known = model[port] {
        #expect(table.slot(of: Self.key(port)) == known.slot)
        if !favoursInsert || Int.random(in: 0..<4, using: &random) == 0 {
          table.remove(slot: known.slot)
          model[port] = nil
        }
      } else {
        #expect(table.slot(of: Self.key(port)) == nil)
        if favoursInsert || Int.random(in: 0..<4, using: &random) == 0 {
          let slot = Self.insert(port, serial: UInt64(round), in: &table)
          #expect(!model.values.contains { $0.slot == slot })
          model[port] = (slot, UInt64(round))
        }
      }
      #expect(table.count == model.count)
    }
    for port in 0..<400 {
      #expect(table.slot(of: Self.key(port)) == model[port]?.slot)
      guard let known = model[port] else { continue }
      #expect(table.flows[known.slot].key == Self.key(port))
      #expect(table.flows[known.slot].id == ConnectionID(slot: known.slot, serial: known.serial))
      #expect(!table.flows[known.slot].isVacant)
    }
    #expect(table.flows.filter { !$0.isVacant }.count == model.count)
  }

  @Test func `a slot that became free is used before a new one`() {
    var table = FlowTable()
    for port in 0..<10 { #expect(Self.insert(port, serial: 1, in: &table) == port) }
    table.remove(slot: 3)
    table.remove(slot: 7)
    #expect(table.flows[3].isVacant && table.flows[7].isVacant)
    let reused = [Self.insert(20, serial: 2, in: &table), Self.insert(21, serial: 2, in: &table)]
    #expect(reused.sorted() == [3, 7])
    #expect(Self.insert(22, serial: 2, in: &table) == 10)
    #expect(table.count == 11)
  }

  @Test func `a connection is changed in place`() {
    var table = FlowTable()
    let slot = Self.insert(1, serial: 5, in: &table)
    var statistics = ReassemblyStatistics()
    let serial = table.withFlow(slot: slot, &statistics) { flow, _ in
      flow = Flow(
        key: flow.key, id: ConnectionID(slot: slot, serial: 6), clientEnd: flow.clientEnd, packet: flow.last)
      return flow.id.serial
    }
    #expect(serial == 6)
    #expect(table.flows[slot].id.serial == 6)
  }
}
