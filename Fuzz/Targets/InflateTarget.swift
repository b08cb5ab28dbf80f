import WSDecode

/// Layout: one byte of options, then messages: length (8 bits), compressed bytes.
enum InflateTarget {
  static func run(_ bytes: [UInt8]) throws(BrokenInvariant) {
    var input = FuzzInput(bytes)
    let choice = input.byte()
    let takesOver = choice & 1 == 0
    let limit = choice & 2 == 0 ? 64 << 10 : Int(choice)
    guard let whole = MessageInflater(takesOver: takesOver), let cut = MessageInflater(takesOver: takesOver)
    else { return }
    while !input.isAtEnd {
      let message = input.take(Int(input.byte()))
      let text = try inflate([message], with: whole, limit)
      let pieces = stride(from: 0, to: message.count, by: 3).map {
        Array(message[$0..<min($0 + 3, message.count)])
      }
      let same = try inflate(pieces, with: cut, limit)
      try demand(text == same, "a message that comes in pieces says something else")
    }
  }

  /// A message's text, or `nil` if it cannot be known.
  private static func inflate(
    _ pieces: [[UInt8]], with inflater: MessageInflater, _ limit: Int
  ) throws(BrokenInvariant) -> [UInt8]? {
    var text: [UInt8]? = []
    for piece in pieces {
      let room = limit - (text?.count ?? 0)
      let decoded = inflater.inflate(piece, limit: room)
      try demand(decoded?.count ?? 0 <= room, "more was decoded than was asked for")
      if let decoded { text? += decoded } else { text = nil }
    }
    guard let rest = inflater.endMessage(limit: limit - (text?.count ?? 0)) else { return nil }
    text? += rest
    try demand(text?.count ?? 0 <= limit, "more was decoded than was asked for")
    return text
  }
}
