#!/usr/bin/env python3
"""docs/operations/logs.md names every line that the sources log; and the check that says so can fail.

Which fields a line has is held to the page by tests/integration/logs_test.cc, line by line.
"""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "operations" / "logs.md"
# A call that logs, up to and with its message: the first literal in it.
CALL = re.compile(r'(?:\blog::(Debug|Info|Warn|Error|Log)|[\w\])]\.Log)\(([^";]*?)"((?:[^"\\]|\\.)+)"')


def logged(text):
    """The messages of a source file: {message: levels}, the levels as far as they stand there."""
    lines = {}
    for name, before, message in CALL.findall(text):
        levels = set(re.findall(r"Level::k(\w+)", before))
        if name and name != "Log":
            levels = {name}
        lines.setdefault(message, set()).update(level.lower() for level in levels)
    return lines


def documented(markdown):
    """The lines of the page's tables: {message: levels}."""
    lines = {}
    for row in markdown.splitlines():
        cells = [cell.strip() for cell in row.strip().strip("|").split("|")]
        if row.startswith("| `") and len(cells) == 4:
            lines[cells[0].strip("`")] = set(re.findall(r"\w+", cells[1]))
    return lines


def check(markdown, sources):
    """One line for each difference."""
    page, code = documented(markdown), {}
    for text in sources:
        for message, levels in logged(text).items():
            code.setdefault(message, set()).update(levels)
    findings = [f"{message}: the sources log it, the page does not have it" for message in code.keys() - page.keys()]
    findings += [f"{message}: the page has it, nobody logs it" for message in page.keys() - code.keys()]
    for message in code.keys() & page.keys():
        if code[message] and code[message] != page[message]:
            findings.append(f"{message}: the page says {page[message]}, the sources {code[message]}")
    return sorted(findings)


def sources():
    for folder in ("gateway", "internal"):
        for path in sorted((ROOT / folder).rglob("*.cc")) + sorted((ROOT / folder).rglob("*.h")):
            if (ROOT / "internal" / "log") not in path.parents:
                yield re.sub(r"^\s*//.*$", "", path.read_text(), flags=re.M)


class LogLinesTest(unittest.TestCase):
    def test_page_has_each_line_that_is_logged(self):
        self.assertEqual(check(PAGE.read_text(), sources()), [])

    def test_finds_the_calls_however_they_are_broken(self):
        self.assertEqual(
            logged('log::Info("a b", {{"c", 1}});\n'
                   'log::Log(x > y ? log::Level::kWarn\n : log::Level::kInfo, "d",\n {{"e", f("g")}});\n'
                   'limited_.Log(log::Level::kError, "h");\n'
                   'lines[i].Log(log::Level::kDebug,\n  "i");\n'
                   'Other("j"); std::log(1);'),
            {"a b": {"info"}, "d": {"warn", "info"}, "h": {"error"}, "i": {"debug"}})

    def test_names_what_is_missing_too_much_or_of_another_level(self):
        page = "| `a` | info | `f` | m |\n| `b` | info | | m |\n| `c` | warn | | m |\n"
        self.assertEqual(
            check(page, ['log::Info("a"); log::Info("d");', 'log::Error("c");']),
            ["b: the page has it, nobody logs it",
             "c: the page says {'warn'}, the sources {'error'}",
             "d: the sources log it, the page does not have it"])


if __name__ == "__main__":
    unittest.main()
