/// From the earliest packet of a capture to its latest.
struct CaptureSpan {
  private(set) var first: Timestamp
  private(set) var last: Timestamp

  init(_ first: Timestamp, _ last: Timestamp) { (self.first, self.last) = (first, last) }

  init(_ time: Timestamp) { self.init(time, time) }

  func extended(to time: Timestamp) -> CaptureSpan { CaptureSpan(min(first, time), max(last, time)) }

  /// Seconds that the first packet of a part may be older than the last one of the part before: captures hold packets out
  /// of order, those of several interfaces or queues by as much as the kernel holds them back.
  static let orderSlack = 1.0

  /// Whether a part that begins at that moment may come behind this one. Of a short one the half has to be older: two
  /// captures of one moment are no parts of one.
  func mayPrecede(_ time: Timestamp) -> Bool {
    time.seconds(since: last) >= -min(Self.orderSlack, last.seconds(since: first) / 2)
  }
}
