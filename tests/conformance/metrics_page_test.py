#!/usr/bin/env python3
"""docs/metrics.md names what /metrics of a fresh gateway has; and the check that says so can fail.

metrics_page_test.py [sse-gateway]; without the argument SSE_GATEWAY_BIN names the binary.
"""

import os
import pathlib
import re
import subprocess
import sys
import threading
import unittest
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "metrics.md"
PATIENCE_SECONDS = 30
# In a label's cell: there are values that the page does not name.
AND_OTHERS = "…"
HISTOGRAM_SUFFIXES = ("_bucket", "_sum", "_count")


class Metric:
    """A family: its type, and its labels, each with the set of its values."""

    def __init__(self, kind, labels=None, open_labels=()):
        self.kind = kind
        self.labels = labels or {}
        self.open_labels = set(open_labels)


def parse_page(markdown):
    """The metrics that the tables name, by name, and what is wrong with the tables."""
    metrics, faults = {}, []
    for line in markdown.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        name = re.fullmatch(r"`((?:sse_gateway|process)_\w+)`", cells[0])
        if not line.startswith("|") or not name:
            continue
        if name[1] in metrics:
            faults.append(f"{name[1]}: the page names it twice")
        if len(cells) != 5 or not cells[3]:
            faults.append(f"{name[1]}: its row is not name, type, label, meaning, how to read it")
            continue
        labels, open_labels = {}, []
        if cells[2]:
            label, _, values = cells[2].partition(":")
            label = label.strip().strip("`")
            labels[label] = set(re.findall(r"`([^`]+)`", values))
            if AND_OTHERS in values:
                open_labels.append(label)
        metrics[name[1]] = Metric(cells[1], labels, open_labels)
    return metrics, faults


def parse_exposition(text):
    """The families of a Prometheus text answer, by name; le belongs to the type, not to them."""
    metrics = {}
    for line in text.splitlines():
        declared = re.fullmatch(r"# TYPE (\S+) (\S+)", line)
        if declared:
            metrics[declared[1]] = Metric(declared[2])
            continue
        sample = re.fullmatch(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+", line)
        if not sample:
            continue
        name = sample[1]
        for suffix in HISTOGRAM_SUFFIXES:
            family = metrics.get(name.removesuffix(suffix))
            if name.endswith(suffix) and family and family.kind == "histogram":
                name = name.removesuffix(suffix)
        metric = metrics.setdefault(name, Metric("untyped"))
        for label, value in re.findall(r'(\w+)="([^"]*)"', sample[2] or ""):
            if label != "le":
                metric.labels.setdefault(label, set()).add(value)
    return metrics


def check(markdown, exposition):
    """One line for each difference."""
    page, findings = parse_page(markdown)
    served = parse_exposition(exposition)
    findings += [f"{name}: /metrics has it, the page does not" for name in served.keys() - page.keys()]
    findings += [f"{name}: the page has it, /metrics does not" for name in page.keys() - served.keys()]
    for name in sorted(page.keys() & served.keys()):
        said, is_so = page[name], served[name]
        if said.kind != is_so.kind:
            findings.append(f"{name}: the page says {said.kind}, it is a {is_so.kind}")
        if said.labels.keys() != is_so.labels.keys():
            findings.append(f"{name}: the page says labels {sorted(said.labels)}, it has {sorted(is_so.labels)}")
            continue
        for label, values in said.labels.items():
            missing = values - is_so.labels[label]
            unnamed = is_so.labels[label] - values
            if missing:
                findings.append(f"{name}: {label} is never {', '.join(sorted(missing))}")
            if unnamed and label not in said.open_labels:
                findings.append(f"{name}: the page does not name {label} {', '.join(sorted(unnamed))}")
    return sorted(findings)


def scrape(binary):
    """/metrics of a gateway that nobody has used."""
    listen = [f"--{name}_listen=127.0.0.1:0" for name in ("http", "grpc", "admin")]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SSE_GATEWAY_")}
    with subprocess.Popen([binary, *listen], stderr=subprocess.PIPE, text=True,
                          env=environment) as gateway:
        # What reads its log ends when it does, so a gateway that hangs is ended.
        watchdog = threading.Timer(PATIENCE_SECONDS, gateway.kill)
        watchdog.start()
        try:
            log = []
            for line in gateway.stderr:
                log.append(line)
                admin = re.search(r"msg=listening .*\badmin=(\S+)", line)
                if admin:
                    with urllib.request.urlopen(f"http://{admin[1]}/metrics",
                                                timeout=PATIENCE_SECONDS) as answer:
                        return answer.read().decode()
            raise AssertionError("the gateway did not listen:\n" + "".join(log))
        finally:
            gateway.terminate()
            gateway.stderr.read()
            gateway.wait()
            watchdog.cancel()


SMALL_PAGE = """
| name | type | label | meaning | how to read it |
| --- | --- | --- | --- | --- |
| `sse_gateway_connections` | gauge | | Open. | |
| `sse_gateway_closed_total` | counter | `reason`: `drain`, `max_age` | Ended. | |
| `sse_gateway_busy` | gauge | `shard`: `0`, … | Busy. | |
| `sse_gateway_latency_seconds` | histogram | | Time. | |
"""
SMALL_EXPOSITION = """\
# HELP sse_gateway_connections Open.
# TYPE sse_gateway_connections gauge
sse_gateway_connections 0
# TYPE sse_gateway_closed_total counter
sse_gateway_closed_total{reason="drain"} 0
sse_gateway_closed_total{reason="max_age"} 0
# TYPE sse_gateway_busy gauge
sse_gateway_busy{shard="0"} 0.5
sse_gateway_busy{shard="1"} 1e-05
# TYPE sse_gateway_latency_seconds histogram
sse_gateway_latency_seconds_count 0
sse_gateway_latency_seconds_sum 0
sse_gateway_latency_seconds_bucket{le="+Inf"} 0
"""


class MetricsPageTest(unittest.TestCase):
    binary = None

    def test_the_page_names_what_the_gateway_has(self):
        self.assertIsNotNone(self.binary, "give the path of sse-gateway, or set SSE_GATEWAY_BIN")
        self.assertEqual(check(PAGE.read_text(encoding="utf-8"), scrape(self.binary)), [])

    def test_finds_nothing_where_both_agree(self):
        self.assertEqual(check(SMALL_PAGE, SMALL_EXPOSITION), [])

    def test_finds_every_kind_of_difference(self):
        cases = {
            "a metric that the page forgets": (
                SMALL_PAGE.replace("`sse_gateway_connections`", "connections"), SMALL_EXPOSITION,
                ["sse_gateway_connections: /metrics has it, the page does not"]),
            "a metric that is gone": (
                SMALL_PAGE + "| `process_gone` | gauge | | Gone. | |\n", SMALL_EXPOSITION,
                ["process_gone: the page has it, /metrics does not"]),
            "another type": (
                SMALL_PAGE.replace("| histogram |", "| gauge |"), SMALL_EXPOSITION,
                ["sse_gateway_latency_seconds: the page says gauge, it is a histogram"]),
            "another label": (
                SMALL_PAGE.replace("`reason`:", "`cause`:"), SMALL_EXPOSITION,
                ["sse_gateway_closed_total: the page says labels ['cause'], it has ['reason']"]),
            "a label that the page forgets": (
                SMALL_PAGE.replace("`shard`: `0`, …", ""), SMALL_EXPOSITION,
                ["sse_gateway_busy: the page says labels [], it has ['shard']"]),
            "a value that the page forgets": (
                SMALL_PAGE.replace("`drain`, ", ""), SMALL_EXPOSITION,
                ["sse_gateway_closed_total: the page does not name reason drain"]),
            "a value that does not occur": (
                SMALL_PAGE.replace("`drain`, ", "`drain`, `rain`, "), SMALL_EXPOSITION,
                ["sse_gateway_closed_total: reason is never rain"]),
            "a value that does not occur of a label with others": (
                SMALL_PAGE.replace("`0`, …", "`7`, …"), SMALL_EXPOSITION,
                ["sse_gateway_busy: shard is never 7"]),
            "a row twice": (
                SMALL_PAGE + "| `sse_gateway_connections` | gauge | | Open. | |\n", SMALL_EXPOSITION,
                ["sse_gateway_connections: the page names it twice"]),
            "a row without a meaning": (
                SMALL_PAGE.replace("| Open. |", "| |"), SMALL_EXPOSITION,
                ["sse_gateway_connections: /metrics has it, the page does not",
                 "sse_gateway_connections: its row is not name, type, label, meaning, how to read it"]),
            "an empty page": (
                "# Metrics\n", "# TYPE process_threads gauge\nprocess_threads 1\n",
                ["process_threads: /metrics has it, the page does not"]),
        }
        for name, (page, exposition, expected) in cases.items():
            with self.subTest(name):
                self.assertEqual(check(page, exposition), expected)


if __name__ == "__main__":
    MetricsPageTest.binary = sys.argv.pop(1) if len(sys.argv) > 1 else os.environ.get("SSE_GATEWAY_BIN")
    unittest.main()
