import Streams
import Testing

@testable import CloseAnalysis

@Suite struct SeldomTests {
  private struct Count: Blank {
    var value = 0
  }

  @Test func `what nothing has changed takes no memory`() {
    let seldom = Seldom<Count>()
    #expect(seldom.kept == nil)
    #expect(seldom.value.value == 0)
  }

  @Test func `a change is kept, and a copy is not changed with it`() {
    var seldom = Seldom<Count>()
    seldom.value.value += 1
    var copy = seldom
    copy.value.value += 1
    #expect(seldom.kept?.value.value == 1)
    #expect(copy.kept?.value.value == 2)
  }

  /// glibc's thread cache has no larger ones; an array's head is 32 bytes.
  @Test func `a leg's blocks have at most 1,032 bytes`() {
    #expect(MemoryLayout<Leg.Facts>.size + 32 <= 1032)
    #expect(MemoryLayout<Leg.Opening>.size + 32 <= 1032)
  }
}
