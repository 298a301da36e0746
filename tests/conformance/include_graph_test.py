#!/usr/bin/env python3
"""The tree keeps to internal/README.md; and the check that says so can fail."""

import pathlib
import tempfile
import unittest

import include_graph

ROOT = pathlib.Path(__file__).resolve().parents[2]

TABLE = """# internal

| module | may include | outside libraries |
| --- | --- | --- |
| `internal/base` | | absl |
| `internal/net` | base | absl, Boost |
| `gateway/config` | base | absl (with flags) |
| `gateway/http` | base, net | absl |
| `gateway/app` | everything | prometheus-cpp |
| `gateway/main.cc` | app | |
"""

# A tree with no findings, that each test below breaks in one way.
TREE = {
    "internal/README.md": TABLE,
    "internal/base/text.h": '#include <string>\n#include "absl/status/status.h"\n',
    "internal/net/listener.h": '#include <sys/socket.h>\n#include "internal/base/text.h"\n',
    "internal/net/listener.cc": '#include <boost/asio.hpp>\n#include "internal/net/listener.h"\n',
    "gateway/config/config.cc": '#include "absl/flags/flag.h"\n',
    "gateway/http/routes.h": '#include "internal/net/listener.h"\n',
    "gateway/app/app.h": "#include <memory>\n",
    "gateway/app/app.cc": '#include "prometheus/registry.h"\n#include "gateway/http/routes.h"\n',
    "gateway/main.cc": '#include "gateway/app/app.h"\n',
    "examples/publisher/main.cc": '#include "ssegateway/v1/publisher.grpc.pb.h"\n',
}


def findings_with(changes):
    """What the check says of TREE with these files written over it."""
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        for path, text in {**TREE, **changes}.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return include_graph.check(root)


class IncludeGraphTest(unittest.TestCase):
    def test_this_tree_keeps_to_its_table(self):
        self.assertEqual(include_graph.check(ROOT), [])

    def test_finds_nothing_in_a_tree_that_keeps_to_its_table(self):
        self.assertEqual(findings_with({}), [])

    def test_finds_every_kind_of_forbidden_include(self):
        cases = {
            "a module that is not in the row": (
                {"internal/base/text.cc": '#include "internal/net/listener.h"\n'},
                ["internal/base/text.cc:1: internal/base includes internal/net/listener.h"]),
            "internal includes gateway": (
                {"internal/net/flags.cc": '\n#include "gateway/config/config.h"\n'},
                ["internal/net/flags.cc:2: internal/net includes gateway/config/config.h"]),
            "a library that is not in the row": (
                {"gateway/http/routes.cc": "#include <boost/beast.hpp>\n"},
                ["gateway/http/routes.cc:1: gateway/http includes boost/beast.hpp, and Boost"]),
            "a library through another module's header": (
                {"internal/net/listener.h": "#  include <boost/asio.hpp>\n"},
                ["gateway/http/routes.h:1: gateway/http reaches boost/asio.hpp through internal/net/listener.h"]),
            "a module through another module's header": (
                {"internal/README.md": TABLE.replace("| base, net | absl |", "| net | absl |")},
                ["gateway/http/routes.h:1: gateway/http reaches internal/base/text.h"]),
            "flags outside config": (
                {"gateway/http/routes.cc": '#include "absl/flags/flag.h"\n'},
                ["gateway/http/routes.cc:1: gateway/http includes absl/flags/flag.h, and absl flags"]),
            "generated services are gRPC": (
                {"gateway/http/routes.cc": '#include "ssegateway/v1/publisher.grpc.pb.h"\n'},
                ["gateway/http/routes.cc:1: gateway/http includes ssegateway/v1/publisher.grpc.pb.h, and gRPC"]),
            "generated messages are protobuf": (
                {"gateway/http/routes.cc": '#include "ssegateway/v1/dashboard.pb.h"\n'},
                ["gateway/http/routes.cc:1: gateway/http includes ssegateway/v1/dashboard.pb.h, and protobuf"]),
            "the composition root's own libraries": (
                {"gateway/app/app.cc": "#include <boost/asio.hpp>\n"},
                ["gateway/app/app.cc:1: gateway/app includes boost/asio.hpp, and Boost"]),
            "a library nobody has heard of": (
                {"internal/base/text.cc": "#include <lzma.h>\n"},
                ["internal/base/text.cc:1: internal/base includes lzma.h, which is of no library"]),
            "a path that is not from the root": (
                {"internal/net/shard.cc": '#include "listener.h"\n'},
                ["internal/net/shard.cc:1: internal/net includes listener.h, which is of no library"]),
            "an example includes the product": (
                {"examples/publisher/main.cc": '#include "internal/base/text.h"\n'},
                ["examples/publisher/main.cc:1: an example includes internal/base/text.h"]),
            "a module without a row": (
                {"internal/extra/extra.h": ""},
                ["internal/extra/extra.h: its module has no row"]),
            "a row without a module": (
                {"internal/README.md": TABLE + "| `internal/gone` | base | absl |\n"},
                ["internal/README.md: internal/gone has a row and no C++ file"]),
            "a row that names no known module or library": (
                {"internal/README.md": TABLE.replace("| base | absl, Boost |", "| base, bsae | absl, Boots |")},
                ["internal/README.md: internal/net may include 'bsae'",
                 "internal/README.md: internal/net has the library 'Boots'"]),
            "no table": (
                {"internal/README.md": "# internal\n"},
                ["internal/README.md: no table found"]),
        }
        for name, (changes, expected) in cases.items():
            with self.subTest(name):
                findings = findings_with(changes)
                for text in expected:
                    self.assertTrue(any(finding.startswith(text) for finding in findings),
                                    f"{text!r} is not in {findings}")

    def test_the_composition_root_reaches_libraries_through_modules(self):
        changes = {"internal/net/listener.h": "#include <boost/asio.hpp>\n"}
        self.assertFalse([f for f in findings_with(changes) if f.startswith("gateway/app")])

    def test_finds_files_of_a_module_that_include_each_other_in_a_circle(self):
        cases = {
            "two headers": (
                {"internal/base/text.h": '#include "internal/base/other.h"\n',
                 "internal/base/other.h": '#include "internal/base/text.h"\n'},
                ["internal/base/other: files of internal/base include each other in a circle: "
                 "other -> text -> other"]),
            "a source that points up": (
                {"internal/net/socket.h": "", "internal/net/socket.cc": '#include "internal/net/shard.h"\n',
                 "internal/net/shard.h": '#include "internal/net/socket.h"\n'},
                ["internal/net/shard: files of internal/net include each other in a circle: "
                 "shard -> socket -> shard"]),
            "three files, and a fourth that is not of the circle": (
                {"internal/net/a.h": '#include "internal/net/b.h"\n',
                 "internal/net/b.cc": '#include "internal/net/deep/c.h"\n',
                 "internal/net/deep/c.h": '#include "internal/net/a.h"\n',
                 "internal/net/d.h": '#include "internal/net/a.h"\n'},
                ["internal/net/a: files of internal/net include each other in a circle: a -> b -> deep/c -> a"]),
            "two circles": (
                {"internal/net/a.h": '#include "internal/net/b.h"\n', "internal/net/b.h": '#include "internal/net/a.h"\n',
                 "internal/net/c.h": '#include "internal/net/d.h"\n', "internal/net/d.h": '#include "internal/net/c.h"\n'},
                ["internal/net/a: files of internal/net include each other in a circle: a -> b -> a",
                 "internal/net/c: files of internal/net include each other in a circle: c -> d -> c"]),
        }
        for name, (changes, expected) in cases.items():
            with self.subTest(name):
                self.assertEqual(findings_with(changes), expected)

    def test_a_source_and_its_header_are_no_circle(self):
        changes = {"internal/net/listener.h": '#include "internal/net/socket.h"\n',
                   "internal/net/socket.h": "", "internal/net/socket.cc": '#include "internal/net/socket.h"\n'}
        self.assertEqual(findings_with(changes), [])


if __name__ == "__main__":
    unittest.main()
