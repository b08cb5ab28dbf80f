/// For captures that cannot tell.
extension Remedy {
  static let captureAll = Remedy(
    summary: "capture with a larger buffer and a filter for the port",
    paste: tcpdump)

  static let captureFaster = Remedy(
    summary: "give wsclose live a larger ring (-B 131072) and a filter for the port (-f 'tcp port YOUR-PORT')"
  )

  static let captureWhole = Remedy(
    summary: "capture whole packets (tcpdump -s 0)", paste: tcpdump)

  static let captureBothDirections = Remedy(
    summary: "capture where both directions pass, and without a filter that names one of them (src, dst)",
    paste: tcpdump)

  static let captureEarlier = Remedy(
    summary: "start the capture before the WebSocket is opened, if its handshake matters: it tells path,"
      + " client and proxies")

  static let captureBetween = Remedy(
    summary: "capture at a place between as well, where both of a proxy's connections pass, and give wsclose"
      + " all files")

  static let captureBehind = Remedy(
    summary: "capture behind that proxy as well (in the pod: the sidecar and the application) and give"
      + " wsclose both files")

  static let captureAtServer = Remedy(
    summary:
      "capture on the server's own machine as well (in its pod: -i any) and give wsclose both files"
  )

  static let readLess = Remedy(
    summary:
      "read fewer connections at once, with a filter for the port or the host (-f 'tcp port YOUR-PORT')")

  private static let tcpdump = "tcpdump -i any -s 0 -B 16384 -U -w capture.pcap 'tcp port YOUR-PORT'"
}
