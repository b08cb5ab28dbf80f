import LiveOutput
import Pipeline
import Telemetry

extension LiveCounters {
  /// Without a label for interfaces: pods come and go, and their time series would stay.
  var families: [MetricFamily] {
    let open = live.interfaces.count(where: \.isOpen)
    let tls = self.tls
    return [
      .counter("wsclose_packets_total", "Packets captured.", capture.packets),
      .counter("wsclose_captured_bytes_total", "Bytes on the wire of the packets captured.", capture.bytes),
      .counter(
        "wsclose_dropped_packets_total",
        "Packets that the kernel or the interface dropped before they were captured.",
        live.drops),
      MetricFamily(
        "wsclose_skipped_packets_total",
        "Packets that were captured and not used, because they carry no TCP or are damaged.",
        .counter([.init(Double(capture.skipped.reduce(0) { $0 + $1.count }))])),
      MetricFamily(
        "wsclose_interfaces", "Interfaces, by whether they are there.",
        .gauge([
          .init(Double(open), [("state", "open")]),
          .init(Double(live.interfaces.count - open), [("state", "gone")]),
        ])),
      .counter("wsclose_tcp_connections_total", "TCP connections seen.", UInt64(reassembly.connections)),
      .gauge("wsclose_open_tcp_connections", "TCP connections in memory.", Double(openConnections)),
      .gauge("wsclose_held_bytes", "Bytes held back because earlier ones are missing.", Double(heldBytes)),
      .gauge("wsclose_retained_legs", "Legs and sessions in memory.", Double(retainedLegs)),
      MetricFamily(
        "wsclose_limit_hits_total", "How often a limit of wsclose gave something up, by limit.",
        .counter([
          .init(Double(reassembly.heldLimitHits), [("limit", "held-bytes")]),
          .init(Double(reassembly.tableEvictions), [("limit", "connections")]),
          .init(Double(reassembly.idleEvictions), [("limit", "idle")]),
          .init(Double(capture.fragments.limitHits), [("limit", "fragments")]),
        ])),
      MetricFamily(
        "wsclose_tls_connections_total",
        "TLS connections that are over, by whether there were keys to open them.",
        .counter([
          .init(Double(tls.decrypted), [("state", "opened")]),
          .init(Double(tls.unreadable), [("state", "closed")]),
        ])),
    ]
  }
}

extension LineOutput.Counts {
  var families: [MetricFamily] {
    [
      .counter("wsclose_output_lines_total", "Lines written to the file.", lines),
      .counter("wsclose_output_lost_lines_total", "Lines that could not be written.", lostLines),
      .counter("wsclose_output_lost_bytes_total", "Bytes of lines that could not be written.", lostBytes),
    ]
  }
}

extension LiveEvidence {
  var families: [MetricFamily] {
    let counts = folder.counts
    return [
      .counter("wsclose_evidence_files_total", "Files of evidence written.", counts.files),
      .counter(
        "wsclose_evidence_lost_files_total", "Files of evidence that could not be written.", counts.lostFiles),
      .counter(
        "wsclose_evidence_removed_files_total", "Files of evidence removed to make room.", counts.removedFiles
      ),
      .gauge("wsclose_evidence_folder_bytes", "Size of the files of evidence.", Double(counts.bytes)),
      .gauge(
        "wsclose_evidence_ring_bytes", "Memory in use for packets of the last while.", Double(ring.byteCount)),
    ]
  }
}
