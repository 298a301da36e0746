#!/usr/bin/env python3
"""Holds the #include lines of the tree to the table in internal/README.md.

A module may reach, directly or through headers, only the modules and the outside libraries of its
row. "everything" as modules stands for the composition root: it may reach all modules, and through
them their libraries; what it includes itself is held to its row. Inside a module the files form an
order: no include points up, so no files include each other in a circle, where x.h and x.cc are one.
Findings go to stdout, one a line; the exit code is 1 if there is one.

usage: include_graph.py [root]
"""

import re
import sys

import checker

TABLE = "internal/README.md"
EVERYTHING = "everything"

# Which library a header belongs to, by the beginning of its path; the first that fits.
LIBRARIES = [
    ("absl/flags/", "absl flags"),
    ("absl/", "absl"),
    ("boost/", "Boost"),
    ("prometheus/", "prometheus-cpp"),
    ("zlib.h", "zlib"),
    ("openssl/", "OpenSSL"),
    ("nghttp2/", "nghttp2"),
    ("curl/", "libcurl"),
    ("nats/", "libnats"),
    ("nlohmann/", "nlohmann-json"),
    ("google/protobuf/", "protobuf"),
    ("grpcpp/", "gRPC"),
    ("grpc/", "gRPC"),
    ("gtest/", "GoogleTest"),
    ("gmock/", "GoogleTest"),
]
GENERATED = [(".grpc.pb.h", "gRPC"), (".pb.h", "protobuf")]

# Headers of the system, which every module may use: C++ has no suffix; the rest is here.
SYSTEM_DIRECTORIES = ("sys/", "netinet/", "arpa/", "linux/", "net/")
SYSTEM_HEADERS = {
    name + ".h"
    for name in """assert ctype cxxabi dirent dlfcn emmintrin endian errno execinfo fcntl fenv float ifaddrs inttypes
    limits locale malloc math netdb poll pthread pwd sched semaphore setjmp signal spawn stdalign
    stdarg stdatomic stdbool stddef stdint stdio stdlib string strings syslog time uchar unistd wchar
    wctype""".split()
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


class Row:
    """What the table says of one module."""

    def __init__(self, modules, libraries):
        self.modules = modules  # set of module paths, or EVERYTHING
        self.libraries = libraries

    def allows_module(self, module):
        """A row that names a module allows the folders below it too, which have rows of their own."""
        return self.modules == EVERYTHING or any(
            module == allowed or module.startswith(allowed + "/") for allowed in self.modules)


def read_table(text):
    """The rows by module path, and what is wrong with the table itself."""
    cells = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in text.splitlines()
        if line.strip().startswith("| `")
    ]
    faults = [f"{TABLE}: a row has {len(row)} cells, expected 3: {row[0]}" for row in cells if len(row) != 3]
    cells = [row for row in cells if len(row) == 3]
    paths = [row[0].strip("`") for row in cells]
    by_name = {path.rsplit("/", 1)[-1]: path for path in paths}
    known_libraries = {library for _, library in LIBRARIES + GENERATED}

    rows = {}
    for path, (_, modules, libraries) in zip(paths, cells):
        allowed = set()
        if modules == EVERYTHING:
            allowed = EVERYTHING
        else:
            for name in split_list(modules):
                if name in by_name:
                    allowed.add(by_name[name])
                else:
                    faults.append(f"{TABLE}: {path} may include '{name}', which has no row")
        outside = set()
        for library in split_list(libraries.replace("absl (with flags)", "absl, absl flags")):
            outside.add(library)
            if library not in known_libraries:
                faults.append(f"{TABLE}: {path} has the library '{library}', which is not one of "
                              + ", ".join(sorted(known_libraries)))
        rows[path] = Row(allowed, outside)
    if not rows:
        faults.append(f"{TABLE}: no table found")
    return rows, faults


def split_list(text):
    return [item.strip() for item in text.split(",") if item.strip()]


def read_includes(root):
    """The includes of every C++ file of the product, by path: [(line, path as written)]."""
    includes = {}
    for top in ("internal", "gateway", "examples"):
        for file in sorted((root / top).rglob("*")):
            if file.suffix in (".h", ".cc"):
                text = file.read_text(encoding="utf-8")
                includes[file.relative_to(root).as_posix()] = [
                    (text.count("\n", 0, match.start(2)) + 1, match.group(2))
                    for match in INCLUDE.finditer(text)
                ]
    return includes


def module_of(path, rows):
    """internal/net/shard.h is of internal/net; gateway/main.cc has a row of its own."""
    directory = path.rsplit("/", 1)[0]
    if path in rows:
        return path
    while directory:
        if directory in rows:
            return directory
        directory = directory.rpartition("/")[0]
    return None


def library_of(path):
    """The outside library of a header, None for the system's, "" where it is not known."""
    for suffix, library in GENERATED:
        if path.endswith(suffix) and not path.startswith("google/protobuf/"):
            return library
    for prefix, library in LIBRARIES:
        if path.startswith(prefix):
            return library
    if "/" in path:
        return None if path.startswith(SYSTEM_DIRECTORIES) else ""
    return None if "." not in path or path in SYSTEM_HEADERS else ""


def is_ours(path):
    return path.startswith(("internal/", "gateway/"))


def reach(start, includes):
    """All that a file includes, at any depth: (header, the file that includes it, line in start)."""
    seen = set()
    pending = [(path, start, line) for line, path in includes[start]]
    while pending:
        path, includer, line = pending.pop()
        if path in seen:
            continue
        seen.add(path)
        yield path, includer, line
        pending.extend((inner, path, line) for _, inner in includes.get(path, []))


def check_file(file, module, row, includes, rows):
    for path, includer, line in sorted(reach(file, includes)):
        direct = includer == file
        where = f"{file}:{line}: {module}"
        way = f"includes {path}" if direct else f"reaches {path} through {includer}"
        if is_ours(path):
            other = module_of(path, rows)
            if other != module and not (other and row.allows_module(other)):
                yield f"{where} {way}, and {other or 'its module'} is not in its row of {TABLE}"
            continue
        library = library_of(path)
        if library == "":
            if direct:
                yield f"{where} {way}, which is of no library that include_graph.py knows"
        elif library and library not in row.libraries and (direct or row.modules != EVERYTHING):
            yield f"{where} {way}, and {library} is not in its row of {TABLE}"


def circles(module, includes, rows):
    """The shortest circle through each file of a module that is in one, but not twice the same."""
    edges = {}
    for file, lines in includes.items():
        if module_of(file, rows) == module:
            node = node_of(file)
            edges.setdefault(node, set()).update(
                node_of(path) for _, path in lines
                if is_ours(path) and module_of(path, rows) == module and node_of(path) != node)
    known = set()
    for start in sorted(edges):
        circle = shortest_way_back(start, edges)
        if circle and known.isdisjoint(circle):
            known.update(circle)
            yield circle


def node_of(path):
    """x.h and x.cc are one."""
    return path.rsplit(".", 1)[0]


def shortest_way_back(start, edges):
    ways = [[start]]
    seen = set()
    for way in ways:  # which grows: breadth first
        for node in sorted(edges.get(way[-1], ())):
            if node == start:
                return way
            if node not in seen:
                seen.add(node)
                ways.append(way + [node])
    return None


def check(root):
    """Every finding of the tree at root."""
    table = root / TABLE
    if not table.is_file():
        return [f"{TABLE}: not found"]
    rows, findings = read_table(table.read_text(encoding="utf-8"))
    includes = read_includes(root)
    used = set()
    for file, lines in includes.items():
        if file.startswith("examples/"):
            findings += [f"{file}:{line}: an example includes {path}: examples are what others copy"
                         for line, path in lines if is_ours(path)]
            continue
        module = module_of(file, rows)
        if module is None:
            findings.append(f"{file}: its module has no row in {TABLE}")
            continue
        used.add(module)
        findings += check_file(file, module, rows[module], includes, rows)
    for module in sorted(used):
        findings += [f"{circle[0]}: files of {module} include each other in a circle: "
                     + " -> ".join(node.removeprefix(module + "/") for node in circle + circle[:1])
                     for circle in circles(module, includes, rows)]
    findings += [f"{TABLE}: {module} has a row and no C++ file" for module in sorted(set(rows) - used)]
    return findings


if __name__ == "__main__":
    sys.exit(checker.run(check))
