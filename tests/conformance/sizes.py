#!/usr/bin/env python3
"""Holds the files and functions of the product to a size that is read in one go.

A file of internal/ or gateway/ has at most 400 lines, a function at most 60, from the first line of
its signature to its closing brace. It reads text that clang-format has formatted: the first line of
a definition and its closing brace have the same indentation, and all lines between have more.
Findings go to stdout, one a line; the exit code is 1 if there is one.

usage: sizes.py [root]
"""

import re
import sys

import checker

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60

# What is longer, and why: "file" or "file: function". An entry that is not needed is a finding.
EXCEPTIONS = {}

# Definitions that have braces and are no functions; and statements, whose function is counted.
NO_FUNCTION = re.compile(r"\s*(namespace|class|struct|union|enum|extern|if|for|while|do|switch|else|try|catch|case"
                         r"|template <[^>]*> (class|struct))\b")
NAME = re.compile(r"([~\w:]+|operator\S+?)\s*\(")


def functions(lines):
    """Each function as (first line, last line, name), both counted from 1."""
    opened = {}  # the last line of each indentation, as long as nothing with less comes after it
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith(("#", "//")) or re.fullmatch(r"(public|private|protected):", text):
            continue
        indent = len(line) - len(line.lstrip())
        if text == "}" and indent in opened:
            first = opened[indent]
            head = " ".join(part.strip() for part in lines[first - 1:number])
            head = head[:head.find("{")]
            name = NAME.search(head)
            if name and not NO_FUNCTION.match(head) and "=" not in head[:name.start()]:
                yield first, number, name.group(1)
        for deeper in [known for known in opened if known > indent]:
            del opened[deeper]
        # The second line of a definition has the indentation of the first after template <...>.
        previous = lines[opened[indent] - 1].strip() if indent in opened else ""
        if not (previous.startswith("template <") and previous.endswith(">") and opened[indent] == number - 1):
            opened[indent] = number


def check_file(path, text):
    """(what, finding) of one file; what is the key that an exception has."""
    lines = text.splitlines()
    if len(lines) > MAX_FILE_LINES:
        yield path, f"{path}: {len(lines)} lines, at most {MAX_FILE_LINES}"
    for first, last, name in functions(lines):
        if last - first + 1 > MAX_FUNCTION_LINES:
            yield (f"{path}: {name}",
                   f"{path}:{first}: {name} has {last - first + 1} lines, at most {MAX_FUNCTION_LINES}")


def check(root, exceptions=None):
    """Every finding of the tree at root."""
    unused = dict(EXCEPTIONS if exceptions is None else exceptions)
    allowed = set(unused)
    findings = []
    for top in ("internal", "gateway"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix not in (".h", ".cc"):
                continue
            path = file.relative_to(root).as_posix()
            for what, finding in check_file(path, file.read_text(encoding="utf-8")):
                unused.pop(what, None)
                if what not in allowed:
                    findings.append(finding)
    return findings + [f"sizes.py: the exception '{what}' is not needed" for what in unused]


if __name__ == "__main__":
    sys.exit(checker.run(check))
