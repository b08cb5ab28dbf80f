// swift-tools-version: 6.2
import PackageDescription

let stages: [Target.Dependency] = [
  "Limits", "Capture", "Streams", "TCPReassembly", "PROXYDecode", "TLSDecode", "HTTP2Decode", "WSDecode",
  "CloseAnalysis",
]

/// Whether this is a build for `make fuzz`: libFuzzer needs its instrumentation in every stage.
let fuzzes = Context.environment["WSCLOSE_FUZZ"] != nil

/// Whether this is a build for `make bench`.
let measures = Context.environment["WSCLOSE_BENCH"] != nil

let strictness: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]
let settings = strictness + (fuzzes ? [.unsafeFlags(["-sanitize=fuzzer,address"])] : [])

// The stages, in the order in which a byte passes them: see docs/architecture.md.
let package = Package(
  name: "wsclose",
  products: [.executable(name: "wsclose", targets: ["wsclose"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
  ],
  targets: [
    // Loaded when it is needed, and not linked: see its header.
    .systemLibrary(name: "CPcap", providers: [.apt(["libpcap-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CLinux"),

    .target(name: "Limits", swiftSettings: settings),
    .target(
      name: "Capture", dependencies: ["Limits", "CPcap", "CZlib", "CZstd", "CLinux"], swiftSettings: settings),
    .target(name: "Streams", dependencies: ["Limits", "Capture"], swiftSettings: settings),
    .target(name: "TCPReassembly", dependencies: ["Limits", "Capture", "Streams"], swiftSettings: settings),
    .target(name: "PROXYDecode", dependencies: ["Capture", "Streams"], swiftSettings: settings),
    .target(
      name: "TLSDecode",
      dependencies: ["Limits", "Capture", "Streams", .product(name: "Crypto", package: "swift-crypto")],
      swiftSettings: settings),
    .target(
      name: "HTTP2Decode",
      dependencies: [
        "Limits", "Capture", "Streams", .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHPACK", package: "swift-nio-http2"),
      ],
      swiftSettings: settings),
    .target(
      name: "WSDecode",
      dependencies: [
        "Limits", "Capture", "Streams", "CZlib", .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: settings),
    .target(
      name: "CloseAnalysis",
      dependencies: ["Limits", "Capture", "Streams", "TCPReassembly", "TLSDecode", "WSDecode"],
      swiftSettings: settings),
    .target(
      name: "Report",
      dependencies: ["Capture", "Streams", "TCPReassembly", "TLSDecode", "WSDecode", "CloseAnalysis"],
      swiftSettings: settings),
    .target(
      name: "Pipeline",
      dependencies: [
        "Limits", "Capture", "Streams", "TCPReassembly", "PROXYDecode", "TLSDecode", "HTTP2Decode",
        "WSDecode", "CloseAnalysis",
      ],
      swiftSettings: settings),
    .target(name: "Telemetry", dependencies: ["WSDecode", "CloseAnalysis"], swiftSettings: settings),
    .target(
      name: "LiveOutput",
      dependencies: [
        "Capture", "Streams", "WSDecode", "CloseAnalysis", "Telemetry",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "wsclose",
      dependencies: [
        "Limits", "Capture", "CLinux", "Streams", "TLSDecode", "WSDecode", "CloseAnalysis", "Pipeline",
        "Report", "Telemetry", "LiveOutput",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings,
      // With the libraries of Swift and C++ inside, the program starts sooner, runs faster, and runs where there is no
      // Swift. Nobody links against it: what it does not export and does not use is left out.
      linkerSettings: [
        .unsafeFlags(
          [
            "-static-stdlib", "-l_FoundationCShims", "-l_FoundationCollections", "-Xlinker",
            "--no-export-dynamic", "-L\(Context.packageDirectory)/linker",
          ],
          .when(platforms: [.linux], configuration: .release))
      ]),

    .target(
      name: "TestSupport", dependencies: stages, path: "Tests/TestSupport", swiftSettings: settings),
    .testTarget(
      name: "CaptureTests", dependencies: ["Capture", "CPcap", "TestSupport"], swiftSettings: settings,
      linkerSettings: [.linkedLibrary("pcap")]),
    .testTarget(
      name: "TCPReassemblyTests",
      dependencies: ["Limits", "Capture", "Streams", "TCPReassembly", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "PROXYDecodeTests", dependencies: ["Capture", "Streams", "PROXYDecode", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "TLSDecodeTests",
      dependencies: [
        "Capture", "Streams", "TLSDecode", "TestSupport", .product(name: "Crypto", package: "swift-crypto"),
      ], swiftSettings: settings),
    .testTarget(
      name: "HTTP2DecodeTests",
      dependencies: [
        "Capture", "Streams", "TCPReassembly", "HTTP2Decode", "WSDecode", "TestSupport",
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHPACK", package: "swift-nio-http2"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "WSDecodeTests", dependencies: ["Capture", "Streams", "WSDecode", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "CloseAnalysisTests", dependencies: stages + ["TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "ReportTests", dependencies: stages + ["Report", "TestSupport"], swiftSettings: settings),
    .testTarget(
      name: "PipelineTests", dependencies: stages + ["Pipeline", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "TelemetryTests", dependencies: ["CloseAnalysis", "Telemetry", "TestSupport"],
      swiftSettings: settings),
    .testTarget(
      name: "LiveOutputTests",
      dependencies: [
        "Capture", "CloseAnalysis", "TestSupport", "LiveOutput", "Telemetry", "Pipeline", "TLSDecode",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "EndToEndTests", dependencies: stages + ["TestSupport"],
      exclude: ["validate.py", "converse.py", "metrics.py"],
      swiftSettings: settings),

    // What is fuzzed: see docs/reliability.md.
    .target(
      name: "FuzzTargets", dependencies: stages + ["Pipeline", "Report", "TestSupport"], path: "Fuzz/Targets",
      swiftSettings: settings),
    .testTarget(name: "FuzzTests", dependencies: ["FuzzTargets"], swiftSettings: settings),

    // What makes the captures of the benchmark: see scripts/bench.
    .target(
      name: "BenchLoad",
      dependencies: ["Capture", "Streams", "WSDecode", .product(name: "Crypto", package: "swift-crypto")],
      path: "Bench/Load", swiftSettings: settings),
    .testTarget(
      name: "BenchTests", dependencies: stages + ["BenchLoad", "TestSupport"], swiftSettings: settings),
  ]
)

if fuzzes {
  package.products.append(.executable(name: "wsclose-fuzz", targets: ["wsclose-fuzz"]))
  package.targets += [
    .systemLibrary(name: "CLibFuzzer", path: "Fuzz/CLibFuzzer"),
    .executableTarget(
      name: "wsclose-fuzz", dependencies: ["CLibFuzzer", "FuzzTargets"], path: "Fuzz/Driver",
      swiftSettings: strictness, linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]),
  ]
}

if measures {
  package.products.append(.executable(name: "wsclose-load", targets: ["wsclose-load"]))
  package.targets.append(
    .executableTarget(
      name: "wsclose-load",
      dependencies: ["BenchLoad", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Bench/LoadCommand", swiftSettings: settings))
}
