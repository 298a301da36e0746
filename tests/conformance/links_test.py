#!/usr/bin/env python3
"""Every link of the documentation leads somewhere in the tree; and the check that says so can fail."""

import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^( *)(```|~~~).*?^\1\2", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
ANCHOR = re.compile(r'<a (?:id|name)="([^"]+)"')
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")


def anchors(markdown):
    """The names that a link may have behind #, as GitHub makes them of headings."""
    text = FENCE.sub("", markdown)
    names = set(ANCHOR.findall(text))
    for heading in HEADING.findall(text):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        name = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        count = 0
        while (unique := f"{name}-{count}" if count else name) in names:
            count += 1
        names.add(unique)
    return names


def check(root, pages):
    """One finding for each link of these pages that leads nowhere."""
    findings = []
    for page in pages:
        text = FENCE.sub(lambda match: "\n" * match.group().count("\n"), (root / page).read_text(encoding="utf-8"))
        text = CODE.sub(lambda match: "`" * len(match.group()), text)
        for link in LINK.finditer(text):
            target = link.group(1)
            if ELSEWHERE.match(target):
                continue
            where = f"{page}:{text.count(chr(10), 0, link.start()) + 1}: {target}"
            path, _, anchor = target.partition("#")
            file = (root / page).parent / path if path else root / page
            if not file.exists():
                findings.append(f"{where} is not in the tree")
            elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text(encoding="utf-8")):
                findings.append(f"{where}: the page has no such heading")
    return findings


def pages_of(root):
    listed = subprocess.run(["git", "-c", f"safe.directory={root}", "ls-files", "*.md"], cwd=root,
                            capture_output=True, text=True, check=False)
    if listed.returncode == 0 and listed.stdout:
        return [page for page in listed.stdout.splitlines() if (root / page).exists()]
    return [page.relative_to(root).as_posix() for page in sorted(root.rglob("*.md"))
            if not {"node_modules", "build"} & set(page.relative_to(root).parts)]


class LinksTest(unittest.TestCase):
    def test_every_link_of_this_tree_leads_somewhere(self):
        self.assertEqual(check(ROOT, pages_of(ROOT)), [])

    def test_finds_what_leads_nowhere(self):
        other = "# One `two`: three\n\n## Twice\n\n## Twice\n"
        cases = {
            "[a](other.md)": [],
            "[a](other.md#one-two-three), [b](other.md#twice-1)": [],
            "[a](#here) and [b](https://example.com/x.md), `[c](code.md)`": [],
            "```\n[a](fenced.md)\n```": [],
            "x\n[a](gone.md)": ["page.md:4: gone.md is not in the tree"],
            "[a](other.md#three)": ["page.md:3: other.md#three: the page has no such heading"],
            "[a](#there)": ["page.md:3: #there: the page has no such heading"],
            "[a](other.md), [b](gone.md#x)": ["page.md:3: gone.md#x is not in the tree"],
        }
        for text, expected in cases.items():
            with self.subTest(text), tempfile.TemporaryDirectory() as directory:
                root = pathlib.Path(directory)
                (root / "other.md").write_text(other, encoding="utf-8")
                (root / "page.md").write_text(f"# Here\n\n{text}\n", encoding="utf-8")
                self.assertEqual(check(root, ["page.md"]), expected)


if __name__ == "__main__":
    unittest.main()
