import Streams

/// One value for each side.
struct Sides<Value> {
  var client: Value
  var server: Value

  subscript(side: Side) -> Value {
    get { side == .client ? client : server }
    _modify {
      if side == .client { yield &client } else { yield &server }
    }
  }
}
