extension UInt64 {
  /// Both halves of the 128-bit product, folded: a step of a hash.
  @inlinable package func mixed(with factor: UInt64 = 0x9e37_79b9_7f4a_7c15) -> UInt64 {
    let product = multipliedFullWidth(by: factor)
    return product.high ^ product.low
  }
}
