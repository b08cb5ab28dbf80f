/// One packet record of a capture file.
struct CapturedPacket {
  var time: Timestamp
  /// Bytes that the packet had on the wire; never fewer than were captured.
  var wireLength: Int
  /// Where its captured bytes lie in the window of the file.
  var range: Range<Int>
  /// `nil` if packets of this link type cannot be read.
  var linkType: LinkType?
  /// Which of the file's interfaces captured it, where the file names several.
  var interface: UInt32?
}

/// Why a capture file cannot be read on, without the place.
struct CaptureFault: Error {
  enum Problem {
    /// The file ends inside a record.
    case cut
    case damaged(String)
  }
  var problem: Problem
  /// What to do, if there is more to do than to look at what came before.
  var advice: String?

  static let cut = CaptureFault(problem: .cut)

  static func damaged(_ text: String, advice: String? = nil) -> CaptureFault {
    CaptureFault(problem: .damaged(text), advice: advice)
  }
}
