/// The interfaces of a live capture by the numbers that segments carry.
///
/// In the program's own namespace the number is the interface's index. Indexes of other namespaces are the same again,
/// so their interfaces are numbered as those of a pcapng are: in the order in which they appear.
struct InterfaceTable {
  private struct Key: Hashable {
    var realm: UInt16
    var index: UInt32
  }
  private struct Name {
    var interface: String
    /// What the interface's namespace is called; `nil` for the program's own.
    var label: String?
  }
  private var parts: [UInt32: Name] = [:]
  private(set) var pods: [UInt32: PodName] = [:]
  private var numbers: [Key: UInt32] = [:]
  private var next = PcapngBlocks.firstNumber
  /// Whether there is something that has not been told.
  private(set) var isNew = false

  /// As reports have them, by number.
  var names: [UInt32: String] {
    parts.mapValues { name in name.label.map { "\(name.interface)@\($0)" } ?? name.interface }
  }

  /// The number of an interface.
  ///
  /// - Parameters:
  ///   - name: asked for if the interface is new.
  ///   - label: what its namespace is called; `nil` in the program's own.
  mutating func number(
    of index: UInt32, realm: UInt16, label: String?, pod: PodName?, name: () -> String?
  ) -> UInt32 {
    let key = Key(realm: realm, index: index)
    if let number = numbers[key] { return number }
    let number = realm == 0 ? index : next
    if realm != 0 { next = next &+ 1 | PcapngBlocks.firstNumber }
    numbers[key] = number
    if let name = name() { parts[number] = Name(interface: name, label: label) }
    if let pod { pods[number] = pod }
    isNew = true
    return number
  }

  /// Says in which pod the interfaces of a namespace are.
  mutating func name(realm: UInt16, _ pod: PodName) {
    for (key, number) in numbers where key.realm == realm {
      pods[number] = pod
      parts[number]?.label = pod.description
      isNew = true
    }
  }

  /// Forgets the interfaces of a namespace that is long gone.
  mutating func forget(realm: UInt16) {
    for (key, number) in numbers where key.realm == realm {
      numbers[key] = nil
      parts[number] = nil
      pods[number] = nil
    }
    isNew = true
  }

  mutating func noteTold() { isNew = false }
}
