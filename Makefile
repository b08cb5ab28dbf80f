# make demo   installs what is missing, builds, and reports on the samples
# make test   runs every check

SWIFT ?= swift
SAMPLES := samples/recorded

.PHONY: build demo test lint format reports docs install-build install-test

build: install-build
	$(SWIFT) build -c release --product wsclose

demo: build
	scripts/demo .build/release/wsclose $(SAMPLES)

# The test run comes last: its closing line tells the counts.
test: install-test lint
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests

format:
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests

# Writes the expected reports anew: read the difference before committing it.
reports: build
	scripts/write-reports .build/release/wsclose $(SAMPLES)
	scripts/write-example .build/release/wsclose $(SAMPLES)

# Writes docs/findings.md anew, from what wsclose explain says.
docs: build
	.build/release/wsclose explain --markdown > docs/findings.md

install-build:
	scripts/install-packages libpcap-dev zlib1g-dev libzstd-dev

install-test:
	scripts/install-packages libpcap-dev zlib1g-dev libzstd-dev zstd tshark python3-jsonschema
