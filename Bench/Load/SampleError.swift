/// Why a recording is no pattern to clone.
package struct SampleError: Error, CustomStringConvertible {
  package var sample: String
  package var problem: String
  package var description: String { "\(sample): \(problem)" }
}
