extension StringProtocol {
  /// How many columns of a terminal a text takes that has no control characters, each character one.
  var columns: Int { utf8.allSatisfy { $0 < 0x80 } ? utf8.count : count }
}
