import Synchronization
import Telemetry

/// What the endpoint may tell, as of a moment. Who captures puts it up and never waits for who reads it.
package final class StatusBoard: Sendable {
  package struct State: Sendable {
    package var families: [MetricFamily] = []
    /// The last sessions, each as a JSON object, the newest last.
    package var sessions: [[UInt8]] = []
    /// Why no packets are captured; `nil` if they are.
    package var obstacle: String? = "not started"

    package init() {}
  }

  private let state = Mutex((state: State(), at: ContinuousClock.now))

  package init() {}

  /// - Returns: false if somebody was reading just then: nothing has changed.
  @discardableResult
  package func publish(_ new: State) -> Bool {
    state.withLockIfAvailable { $0 = (new, ContinuousClock.now) } != nil
  }

  package var current: State { state.withLock { $0.state } }

  /// How long ago the state was put up.
  package var age: Duration { ContinuousClock.now - state.withLock { $0.at } }
}
