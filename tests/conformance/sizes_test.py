#!/usr/bin/env python3
"""The product's files and functions keep to their sizes; and the check that says so can fail."""

import pathlib
import tempfile
import unittest

import sizes

ROOT = pathlib.Path(__file__).resolve().parents[2]

SHORT = """namespace ssegw {

void Short() { Other(); }

}  // namespace ssegw
"""


def lines(count, indent="  "):
    return "".join(f"{indent}Statement({number});\n" for number in range(count))


def findings_with(files, exceptions=None):
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        for path, text in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return sizes.check(root, exceptions or {})


class SizesTest(unittest.TestCase):
    def test_this_tree_keeps_to_its_sizes(self):
        self.assertEqual(sizes.check(ROOT), [])

    def test_finds_what_is_too_long(self):
        cases = {
            "a file": ("// A line.\n" * 401, "internal/base/a.cc: 401 lines, at most 400"),
            "a function": (f"void Long() {{\n{lines(59)}}}\n",
                           "internal/base/a.cc:1: Long has 61 lines, at most 60"),
            "a method in a class": (f"class A {{\n public:\n  int Long() const {{\n{lines(59, '    ')}  }}\n}};\n",
                                    "internal/base/a.cc:3: Long has 61 lines, at most 60"),
            "a method outside of its class": (f"A::~A() {{\n{lines(59)}}}\n",
                                              "internal/base/a.cc:1: A::~A has 61 lines, at most 60"),
            "a signature of several lines": (
                f"bool A::Long(int one,\n             int two) {{\n{lines(58)}}}\n",
                "internal/base/a.cc:1: A::Long has 61 lines, at most 60"),
            "members that are set": (
                f"A::A(int a)\n    : a_(a),\n      b_(0) {{\n{lines(57)}}}\n",
                "internal/base/a.cc:1: A::A has 61 lines, at most 60"),
            "a template": (
                f"template <typename T>\nvoid Long(T) {{\n{lines(58)}}}\n",
                "internal/base/a.cc:1: Long has 61 lines, at most 60"),
            "a function behind a comment, with labels, blank lines and branches": (
                f"// What it does.\nvoid Long() {{\n{lines(20)}\n  if (a) {{\n    B();\n  }} else {{\n    C();\n  }}\n"
                f"  switch (a) {{\n    case 1:\n      break;\n  }}\n#ifdef X\n{lines(30)}#endif\n}}\n",
                "internal/base/a.cc:2: Long has 64 lines, at most 60"),
            "an operator": (f"bool operator==(A a, A b) {{\n{lines(59)}}}\n",
                            "internal/base/a.cc:1: operator== has 61 lines, at most 60"),
        }
        for name, (text, expected) in cases.items():
            with self.subTest(name):
                self.assertEqual(findings_with({"internal/base/a.cc": text}), [expected])

    def test_takes_what_is_short_enough(self):
        cases = {
            "a file": "// A line.\n" * 400,
            "a function": f"void Long() {{\n{lines(58)}}}\n",
            "a namespace, a class and a table": (
                f"namespace a {{\n\nclass B {{\n{lines(100)}}};\n\nconstexpr C kTable[] = {{\n{lines(100)}}};\n\n}}\n"),
            "short functions behind each other": f"void A() {{\n{lines(40)}}}\n\nvoid B() {{\n{lines(40)}}}\n",
        }
        for name, text in cases.items():
            with self.subTest(name):
                self.assertEqual(findings_with({"gateway/app/a.cc": text}), [])

    def test_looks_at_the_product_alone(self):
        self.assertEqual(findings_with({"tests/unit/a.cc": "// A line.\n" * 500, "internal/README.md": "a\n" * 500}), [])

    def test_an_exception_is_allowed_and_has_to_be_needed(self):
        tree = {"internal/base/a.cc": f"void Table() {{\n{lines(60)}}}\n"}
        self.assertEqual(findings_with(tree, {"internal/base/a.cc: Table": "a table"}), [])
        self.assertEqual(findings_with({"internal/base/a.cc": SHORT}, {"internal/base/a.cc: Table": "a table"}),
                         ["sizes.py: the exception 'internal/base/a.cc: Table' is not needed"])


if __name__ == "__main__":
    unittest.main()
