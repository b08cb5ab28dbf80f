/// The text exposition format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).
package enum PrometheusText {
  package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  package static func render(_ families: [MetricFamily]) -> [UInt8] {
    var text = ""
    for family in families {
      text += "# HELP \(family.name) \(escaped(family.help))\n"
      switch family.value {
      case .counter(let samples): write(samples, of: family, "counter", &text)
      case .gauge(let samples): write(samples, of: family, "gauge", &text)
      case .histogram(let histogram): write(histogram, of: family, &text)
      }
    }
    return Array(text.utf8)
  }

  private static func write(
    _ samples: [MetricFamily.Sample], of family: MetricFamily, _ type: String, _ text: inout String
  ) {
    text += "# TYPE \(family.name) \(type)\n"
    for sample in samples {
      let labels = sample.labels.map { "\($0.name)=\"\(escaped($0.value, inLabel: true))\"" }
      let set = labels.isEmpty ? "" : "{\(labels.joined(separator: ","))}"
      text += "\(family.name)\(set) \(number(sample.value))\n"
    }
  }

  private static func write(_ histogram: Histogram, of family: MetricFamily, _ text: inout String) {
    text += "# TYPE \(family.name) histogram\n"
    let cumulative = histogram.cumulative
    for (bound, count) in zip(histogram.bounds.map(number) + ["+Inf"], cumulative) {
      text += "\(family.name)_bucket{le=\"\(bound)\"} \(count)\n"
    }
    text += "\(family.name)_sum \(number(histogram.sum))\n"
    text += "\(family.name)_count \(cumulative.last ?? 0)\n"
  }

  /// Counts without a fraction, as long as a double is exact.
  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    return Int64(exactly: value).map(String.init) ?? "\(value)"
  }

  private static func escaped(_ text: String, inLabel: Bool = false) -> String {
    var result = ""
    for character in text.unicodeScalars {
      switch character {
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\"" where inLabel: result += "\\\""
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
