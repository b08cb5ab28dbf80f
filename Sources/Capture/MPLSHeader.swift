/// A stack of MPLS labels (RFC 3032 §2.1). Nothing in it says what follows: that has to be guessed, as every
/// router on the way does (RFC 4928).
struct MPLSHeader: Equatable {
  /// The lowest label of the stack, which says what the packet belongs to: a VPN, a pseudowire.
  var label: UInt32
  /// Bytes of the stack, and of the pseudowire's control word (RFC 4448 §4.6) behind it.
  var byteCount: Int
  var payload: Layer

  /// - Parameter end: where the packet ends on the wire.
  /// - Throws: `.notIP` if neither an IP packet nor an Ethernet frame that holds one follows.
  init(parsing frame: Span<UInt8>, at start: Int, end: Int) throws(SkipReason) {
    var offset = start
    var entry: UInt32
    repeat {
      guard frame.count >= offset + 4 else { throw .truncatedHeader }
      entry = frame.bigEndian32(at: offset)
      offset += 4
    } while entry & 0x100 == 0
    label = entry >> 12
    guard frame.count > offset else { throw .truncatedHeader }
    let nibble = frame[offset] >> 4
    if Self.isIP(frame, at: offset, end: end) {
      payload = .ip
    } else {
      payload = .ethernet
      let plain = Self.refusal(frame, ofEthernetAt: offset)
      let behindControlWord = nibble == 0 ? Self.refusal(frame, ofEthernetAt: offset + 4) : .notIP
      if behindControlWord == nil {
        offset += 4
      } else if plain != nil {
        // IP after all, if with a length that is wrong.
        guard nibble == 4 || nibble == 6 else {
          throw plain == .truncatedHeader || behindControlWord == .truncatedHeader ? .truncatedHeader : .notIP
        }
        payload = .ip
      }
    }
    byteCount = offset - start
  }

  /// An Ethernet frame may begin with the same nibble: its lengths tell.
  private static func isIP(_ frame: Span<UInt8>, at offset: Int, end: Int) -> Bool {
    let room = end - offset
    switch frame[offset] >> 4 {
    case 4:
      guard frame.count >= offset + 4 else { return true }
      let length = Int(frame.bigEndian16(at: offset + 2))
      return frame[offset] & 0x0f >= 5 && (length == 0 || (20...max(room, 20)).contains(length))
    case 6:
      guard frame.count >= offset + 6 else { return true }
      return Int(frame.bigEndian16(at: offset + 4)) <= room - 40
    default: return false
    }
  }

  /// Why no Ethernet header with a known EtherType lies there; `nil` if one does.
  private static func refusal(_ frame: Span<UInt8>, ofEthernetAt offset: Int) -> SkipReason? {
    do throws(SkipReason) {
      _ = try LinkHeader(ethernet: frame, at: offset)
      return nil
    } catch {
      return error
    }
  }
}
