# make demo      installs what is missing, builds, and reports on the samples
# make test      runs every check
# make install   builds, and installs the program, its man page and completions under PREFIX (/usr/local)
# make install-service   the systemd unit and what belongs to it: see docs/deploy.md
# make fuzz      fuzzes each target for TIME seconds (60), or only TARGET: see docs/reliability.md
# make bench     measures, and writes docs/benchmarks.md; QUICK=1 only tries it out, in a minute

SWIFT ?= swift
SAMPLES := samples/recorded
PREFIX ?= /usr/local

.PHONY: build share demo test cost load lint format reports docs fuzz corpus bench install install-service \
  install-build install-test

build: install-build
	$(SWIFT) build -c release --product wsclose

# The man page and the completions, in .build/share.
share: build
	scripts/write-share .build/share

install: share
	scripts/install program "$(DESTDIR)" "$(PREFIX)"

install-service:
	scripts/install service "$(DESTDIR)" "$(PREFIX)"

demo: build
	scripts/demo .build/release/wsclose $(SAMPLES)

# What is tested is what users get, optimised and linked as theirs, and built once for all checks. The test run comes last:
# its closing line tells the counts.
TEST_FOLDER := .build-test
TESTABLE := --scratch-path $(TEST_FOLDER) -Xswiftc -enable-testing
test: export WSCLOSE_BENCH = 1
test: install-test lint
	$(SWIFT) build -c release $(TESTABLE) --build-tests
	scripts/check-cost --programs $(TEST_FOLDER)/release
	scripts/write-share .build-deploy/share $(TESTABLE)
	scripts/check-deploy $(TEST_FOLDER)/release/wsclose .build-deploy/share
	$(SWIFT) test -c release $(TESTABLE) --skip-build

# What a packet, a frame and a session cost, in instructions and allocations: Bench/cost.json has the limits.
cost: build load
	scripts/check-cost

# The benchmark's captures.
load: install-build
	WSCLOSE_BENCH=1 $(SWIFT) build -c release --product wsclose-load

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests Fuzz Bench

format:
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests Fuzz Bench

fuzz: install-build
	TIME="$(or $(TIME),60)" TARGET="$(TARGET)" scripts/fuzz

# Writes Fuzz/corpus anew, from the samples and what make fuzz has found.
corpus: install-build
	TARGET="$(TARGET)" scripts/fuzz corpus

# Beside the peers that are installed: tshark, tcpflow, and gopacket where Go is.
bench: build load
	scripts/bench $(if $(QUICK),--quick)

# Writes the expected reports anew: read the difference before committing it.
reports: build
	scripts/write-reports .build/release/wsclose $(SAMPLES)
	scripts/write-example .build/release/wsclose $(SAMPLES)

# Writes docs/findings.md anew, from what wsclose explain says.
docs: build
	.build/release/wsclose explain --markdown > docs/findings.md

install-build:
	scripts/install-packages libpcap-dev zlib1g-dev libzstd-dev

# libpopt0 is for the logrotate that scripts/install-deploy-tools unpacks.
install-test:
	scripts/install-packages libpcap-dev zlib1g-dev libzstd-dev zstd tshark iproute2 python3-jsonschema \
	  python3-prometheus-client python3-venv systemd libpopt0 mandoc zsh fish valgrind gcc binutils
	scripts/install-deploy-tools
