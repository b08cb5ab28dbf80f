/// How a file is compressed: its first bytes tell, not its name.
enum Compression: CaseIterable {
  case gzip, zstd, bzip2, xz, lz4

  /// What every file of the kind begins with.
  private var magic: [UInt8] {
    switch self {
    // RFC 1952 §2.3.1.
    case .gzip: [0x1f, 0x8b]
    // RFC 8878 §3.1.1.
    case .zstd: [0x28, 0xb5, 0x2f, 0xfd]
    case .bzip2: [0x42, 0x5a, 0x68]
    case .xz: [0xfd, 0x37, 0x7a, 0x58]
    case .lz4: [0x04, 0x22, 0x4d, 0x18]
    }
  }

  /// Bytes that are enough to know it.
  static let magicLength = 4

  /// - Returns: `nil` for a file that is not compressed.
  init?(beginning: ArraySlice<UInt8>) {
    if let kind = Self.allCases.first(where: { beginning.starts(with: $0.magic) }) {
      self = kind
    } else if Self.isSkippableFrame(beginning) {
      self = .zstd
    } else {
      return nil
    }
  }

  /// RFC 8878 §3.1.2: a frame for applications, in front of those with data.
  private static func isSkippableFrame(_ beginning: ArraySlice<UInt8>) -> Bool {
    beginning.first.map { $0 & 0xf0 == 0x50 } ?? false
      && beginning.dropFirst().starts(with: [0x2a, 0x4d, 0x18])
  }

  var name: String { "\(self)" }

  /// Whether it is decompressed here.
  var isRead: Bool { self == .gzip || self == .zstd }

  /// Reads the kind; `nil` for those that have to be decompressed elsewhere.
  func makeDecompressor() -> (any Decompressor)? {
    switch self {
    case .gzip: GzipDecompressor()
    case .zstd: ZstdDecompressor()
    case .bzip2, .xz, .lz4: nil
    }
  }

  /// Prints what a file of the kind holds.
  var catCommand: String {
    switch self {
    case .gzip: "zcat"
    case .zstd: "zstdcat"
    case .bzip2: "bzcat"
    case .xz: "xzcat"
    case .lz4: "lz4cat"
    }
  }
}

/// What one step of decompression did.
struct DecompressionStep {
  enum State {
    /// More input, or room for more output, is needed.
    case going
    /// A member or frame is complete; another one may follow.
    case ended
    case broken
  }
  var consumed: Int
  var produced: Int
  var state: State
}

/// Decompresses piece by piece; its memory does not depend on what it reads.
protocol Decompressor: AnyObject {
  func step(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecompressionStep
  /// Whether bytes behind a complete member begin another one, and are not padding.
  func continues(with input: UnsafeRawBufferPointer) -> Bool
}
