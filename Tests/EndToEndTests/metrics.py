#!/usr/bin/python3
"""Reads Prometheus text from standard input with the parser of prometheus-client, and checks the conventions for names.

Prints one JSON object: `samples`, each sample as the text has it with its value, and `problems`.
"""

import json
import re
import sys

from prometheus_client.parser import text_fd_to_metric_families

NAME = re.compile(r"(wsclose|process)_[a-z]+(_[a-z]+)*$")


def problems(family, seen):
    # The parser takes the suffix off counters.
    name = family.name + ("_total" if family.type == "counter" else "")
    if not NAME.match(name):
        yield f"{name}: the name"
    if family.name in seen:
        yield f"{name}: twice"
    if not family.documentation.endswith("."):
        yield f"{name}: no help"
    if family.type not in ("counter", "gauge", "histogram"):
        yield f"{name}: the type {family.type}"
    if family.type == "histogram" and not name.endswith("_seconds"):
        yield f"{name}: the unit"
    if family.type == "histogram":
        counts = [sample.value for sample in family.samples if sample.name.endswith("_bucket")]
        total = [sample.value for sample in family.samples if sample.name.endswith("_count")]
        if counts != sorted(counts) or counts[-1:] != total:
            yield f"{name}: the buckets"
    for sample in family.samples:
        if family.type == "counter" and not sample.name.endswith("_total"):
            yield f"{sample.name}: the suffix"


def main():
    found, samples, seen = [], {}, set()
    for family in text_fd_to_metric_families(sys.stdin):
        found += problems(family, seen)
        seen.add(family.name)
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            samples[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    print(json.dumps({"samples": samples, "problems": found}))


main()
