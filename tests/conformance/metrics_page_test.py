#!/usr/bin/env python3
"""docs/metrics.md names what /metrics of a fresh gateway has, its two formats say the same, and each
family says how to read it; and the checks that say so can fail.

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
OPENMETRICS = "application/openmetrics-text"
UNITS = ("seconds", "bytes", "ratio")
# A HELP in fewer words only says the name again; a longer one belongs to the page.
HELP_WORDS = range(4, 31)
SAMPLE = re.compile(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)")
# Of the metrics that are there with a log of this kind alone.
SHARED_LOG = "A log that many gateways share"
# These do not stand still between one answer and the next.
RESTLESS = ("process_", "sse_gateway_shard_busy_ratio", "sse_gateway_memory_in_use_bytes",
            "sse_gateway_memory_bytes")


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
        for part in filter(None, cells[2].split(";")):
            label, _, values = part.partition(":")
            label = label.strip().strip("`")
            labels[label] = set(re.findall(r"`([^`]+)`", values))
            if AND_OTHERS in values:
                open_labels.append(label)
        metrics[name[1]] = Metric(cells[1], labels, open_labels)
    return metrics, faults


def without_section(markdown, title):
    """The page without that section."""
    head, marker, rest = markdown.partition(f"\n## {title}\n")
    assert marker, f"the page has no section {title}"
    return head + "\n## " + rest.partition("\n## ")[2]


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


def samples_of(exposition):
    """The value of each sample by its name and labels, whose numbers are read as numbers."""
    samples = {}
    for line in exposition.splitlines():
        sample = SAMPLE.fullmatch(line)
        if not sample:
            continue
        labels = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', sample[2] or ""))
        if "le" in labels:
            labels["le"] = float(labels["le"])
        samples[(sample[1], *sorted(labels.items()))] = float(sample[3])
    return samples


def check_help(exposition):
    """Each family of a text answer has one HELP, of substance, and no two have the same."""
    findings, by_help = [], {}
    families = re.findall(r"^# TYPE (\S+)", exposition, re.MULTILINE)
    for family in families:
        texts = re.findall(rf"^# HELP {family} (.*)$", exposition, re.MULTILINE)
        if len(texts) != 1:
            findings.append(f"{family}: it has {len(texts)} HELP")
            continue
        text = texts[0]
        if len(text.split()) not in HELP_WORDS or not text.endswith("."):
            findings.append(f"{family}: its HELP is not a sentence of some words: {text}")
        if text in by_help:
            findings.append(f"{family}: it has the HELP of {by_help[text]}")
        by_help[text] = family
    return sorted(findings)


def check_openmetrics(openmetrics, exposition):
    """By the rules of OpenMetrics 1.0, as far as we write it, and with the samples of the text."""
    findings = []
    if not openmetrics.endswith("\n# EOF\n") or openmetrics.count("# EOF") != 1:
        findings.append("it does not end with # EOF")
    kinds, family = {}, None
    for line in openmetrics.removesuffix("# EOF\n").splitlines():
        if declared := re.fullmatch(r"# TYPE (\S+) (counter|gauge|histogram)", line):
            family = declared[1]
            if family in kinds:
                findings.append(f"{family}: it comes twice")
            kinds[family] = declared[2]
            if declared[2] == "counter" and family.endswith("_total"):
                findings.append(f"{family}: a counter's family is named without _total")
            unit = next((unit for unit in UNITS if family.endswith(f"_{unit}")), None)
            said = re.findall(rf"^# UNIT {family} (.*)$", openmetrics, re.MULTILINE)
            if said != ([unit] if unit else []):
                findings.append(f"{family}: its UNIT is {said}")
            if len(re.findall(rf"^# HELP {family} .", openmetrics, re.MULTILINE)) != 1:
                findings.append(f"{family}: it has no HELP, or several")
        elif described := re.fullmatch(r"# (?:HELP|UNIT) (\S+) .*", line):
            if described[1] != family:
                findings.append(f"{described[1]}: it is described among {family}")
        elif sample := SAMPLE.fullmatch(line):
            suffixes = {"counter": ("_total",), "histogram": HISTOGRAM_SUFFIXES}
            if sample[1] not in [f"{family}{end}" for end in suffixes.get(kinds.get(family), ("",))]:
                findings.append(f"{sample[1]}: it is no sample of {family}")
            bound = re.search(r'le="([^"]*)"', sample[2] or "")
            if bound and not re.fullmatch(r"\+Inf|.*[.e].*", bound[1]):
                findings.append(f"{sample[1]}: the bound {bound[1]} is not written as a float")
        else:
            findings.append(f"not a line of OpenMetrics: {line}")
    ours, theirs = samples_of(openmetrics), samples_of(exposition)
    for name in sorted(ours.keys() ^ theirs.keys(), key=str):
        findings.append(f"{name[0]}: only one of the formats has {name}")
    for name in ours.keys() & theirs.keys():
        if ours[name] != theirs[name] and not name[0].startswith(RESTLESS):
            findings.append(f"{name[0]}: {ours[name]} in one format, {theirs[name]} in the other")
    return sorted(findings)


def get(url, **fields):
    with urllib.request.urlopen(urllib.request.Request(url, headers=fields),
                                timeout=PATIENCE_SECONDS) as answer:
        return answer.headers.get_content_type(), answer.read().decode()


def scrape(binary, store):
    """/metrics of a gateway that nobody has used: as text, and in OpenMetrics. With a log that nobody
    can reach it has the admin port alone, which is enough."""
    flags = [f"--store={store}"] + [f"--{name}_listen=127.0.0.1:0" for name in ("http", "grpc", "admin")] + ["--drain_delay=0s"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SSE_GATEWAY_")}
    with subprocess.Popen([binary, *flags], stderr=subprocess.PIPE, text=True,
                          env=environment) as gateway:
        # What reads its log ends when it does, so a gateway that hangs is ended.
        watchdog = threading.Timer(PATIENCE_SECONDS, gateway.kill)
        watchdog.start()
        try:
            log = []
            for line in gateway.stderr:
                log.append(line)
                admin = re.search(r"msg=(?:listening|loading) .*\badmin=(\S+)", line)
                if admin:
                    url = f"http://{admin[1]}/metrics"
                    kind, text = get(url)
                    open_kind, openmetrics = get(url, Accept=f"{OPENMETRICS};version=1.0.0")
                    assert (kind, open_kind) == ("text/plain", OPENMETRICS)
                    return text, openmetrics
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


SMALL_OPENMETRICS = """\
# TYPE a_closed counter
# HELP a_closed Those that are closed.
a_closed_total{reason="x"} 1
# TYPE a_latency_seconds histogram
# UNIT a_latency_seconds seconds
# HELP a_latency_seconds The time it took.
a_latency_seconds_bucket{le="1.0"} 0
a_latency_seconds_bucket{le="+Inf"} 0
a_latency_seconds_count 0
a_latency_seconds_sum 0
# EOF
"""
SMALL_TEXT = """\
# HELP a_closed_total Those that are closed.
# TYPE a_closed_total counter
a_closed_total{reason="x"} 1
# HELP a_latency_seconds The time it took.
# TYPE a_latency_seconds histogram
a_latency_seconds_count 0
a_latency_seconds_sum 0
a_latency_seconds_bucket{le="1"} 0
a_latency_seconds_bucket{le="+Inf"} 0
"""


class MetricsPageTest(unittest.TestCase):
    binary = None

    @classmethod
    def setUpClass(cls):
        if cls.binary is None:
            raise AssertionError("give the path of sse-gateway, or set SSE_GATEWAY_BIN")
        cls.text, cls.openmetrics = scrape(cls.binary, "memory")
        cls.shared = scrape(cls.binary, "nats://127.0.0.1:1")

    def test_the_page_names_what_the_gateway_has(self):
        page = without_section(PAGE.read_text(encoding="utf-8"), SHARED_LOG)
        self.assertEqual(check(page, self.text), [])

    def test_the_page_names_what_the_gateway_has_with_a_shared_log(self):
        text, openmetrics = self.shared
        self.assertEqual(check(PAGE.read_text(encoding="utf-8"), text), [])
        self.assertEqual(check_help(text), [])
        self.assertEqual(check_openmetrics(openmetrics, text), [])

    def test_every_family_says_how_to_read_it(self):
        self.assertEqual(check_help(self.text), [])

    def test_openmetrics_says_the_same(self):
        self.assertEqual(check_openmetrics(self.openmetrics, self.text), [])

    def test_finds_a_help_that_says_nothing(self):
        self.assertEqual(check_help(SMALL_TEXT), [])
        cases = {
            "none": (SMALL_TEXT.replace("# HELP a_closed_total Those that are closed.\n", ""),
                     ["a_closed_total: it has 0 HELP"]),
            "too few words": (SMALL_TEXT.replace("Those that are closed.", "Closed."),
                              ["a_closed_total: its HELP is not a sentence of some words: Closed."]),
            "another's": (SMALL_TEXT.replace("The time it took.", "Those that are closed."),
                          ["a_latency_seconds: it has the HELP of a_closed_total"]),
        }
        for name, (text, expected) in cases.items():
            with self.subTest(name):
                self.assertEqual(check_help(text), expected)

    def test_finds_what_is_no_openmetrics(self):
        self.assertEqual(check_openmetrics(SMALL_OPENMETRICS, SMALL_TEXT), [])
        cases = {
            "no end": ("# EOF\n", "", ["it does not end with # EOF"]),
            "a family with _total": (
                "# TYPE a_closed counter\n# HELP a_closed ", "# TYPE a_closed_total counter\n# HELP a_closed_total ",
                ["a_closed_total: a counter's family is named without _total",
                 "a_closed_total: it is no sample of a_closed_total"]),
            "a unit that is not said": (
                "# UNIT a_latency_seconds seconds\n", "", ["a_latency_seconds: its UNIT is []"]),
            "no HELP": ("# HELP a_closed Those that are closed.\n", "",
                        ["a_closed: it has no HELP, or several"]),
            "a bound that is no float": (
                'le="1.0"', 'le="1"', ["a_latency_seconds_bucket: the bound 1 is not written as a float"]),
            "a sample less": (
                "a_latency_seconds_sum 0\n", "",
                ["a_latency_seconds_sum: only one of the formats has ('a_latency_seconds_sum',)"]),
            "another value": (
                'a_closed_total{reason="x"} 1', 'a_closed_total{reason="x"} 2',
                ["a_closed_total: 2.0 in one format, 1.0 in the other"]),
            "a line of nothing": ("# EOF", "# Comment\n# EOF", ["not a line of OpenMetrics: # Comment"]),
        }
        for name, (old, new, expected) in cases.items():
            with self.subTest(name):
                self.assertEqual(
                    check_openmetrics(SMALL_OPENMETRICS.replace(old, new), SMALL_TEXT), expected)

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
            "the second label of two": (
                SMALL_PAGE.replace("`reason`: ", "`side`: `a`; `reason`: "), SMALL_EXPOSITION,
                ["sse_gateway_closed_total: the page says labels ['reason', 'side'], it has ['reason']"]),
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
