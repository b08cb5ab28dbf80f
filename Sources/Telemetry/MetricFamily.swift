/// One metric with all its samples, as the Prometheus text format 0.0.4 groups them.
package struct MetricFamily: Equatable, Sendable {
  package enum Value: Equatable, Sendable {
    /// Only grows; the name ends in `_total`.
    case counter([Sample])
    case gauge([Sample])
    case histogram(Histogram)
  }

  package struct Sample: Equatable, Sendable {
    /// A name and a value each; whoever makes samples sees to it that there is a bounded number of values.
    package var labels: [(name: StaticString, value: String)]
    package var value: Double

    package init(_ value: Double, _ labels: [(name: StaticString, value: String)] = []) {
      self.labels = labels
      self.value = value
    }

    package static func == (a: Self, b: Self) -> Bool {
      a.value == b.value && a.labels.elementsEqual(b.labels) { "\($0)" == "\($1)" }
    }
  }

  package var name: String
  package var help: String
  package var value: Value

  package init(_ name: String, _ help: String, _ value: Value) {
    self.name = name
    self.help = help
    self.value = value
  }

  /// A family of one sample without labels.
  package static func counter(_ name: String, _ help: String, _ value: UInt64) -> MetricFamily {
    MetricFamily(name, help, .counter([Sample(Double(value))]))
  }

  /// A family of one sample without labels.
  package static func gauge(_ name: String, _ help: String, _ value: Double) -> MetricFamily {
    MetricFamily(name, help, .gauge([Sample(value)]))
  }
}
