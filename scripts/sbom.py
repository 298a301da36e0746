#!/usr/bin/env python3
"""sbom.py <program>: what the program is made of, as SPDX 2.3 in JSON, on stdout.

Of the libraries that it loads, the Debian packages that they are of, by dpkg; of what is compiled or
embedded into it, and of what builds it, the section `build` of cmake/packages.txt. For a system on
which the program was built: what dpkg says there is what went in.
"""

import datetime
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Of section build: no library of its own is loaded, its code or data is in the program.
COMPILED_IN = {"libboost1.81-dev"}
EMBEDDED = {"libjs-chart.js"}


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def section(name):
    """The packages of a section of cmake/packages.txt."""
    wanted = False
    for line in (ROOT / "cmake/packages.txt").read_text().splitlines():
        line = line.split("#")[0].strip()
        if line.startswith("["):
            wanted = line == f"[{name}]"
        elif wanted and line:
            yield line.split()[0]


def loaded_packages(program):
    """Those of the files that the loader maps for the program."""
    packages = set()
    for line in output("ldd", program).splitlines():
        if "not found" in line:
            sys.exit(f"sbom.py: {line.strip()}")
        found = re.search(r"(/\S+)", line)
        if not found:
            continue
        # Since /lib became a link to /usr/lib, a package may know its file by either name.
        names = [found[1], f"/usr{found[1]}", found[1].removeprefix("/usr")]
        owners = subprocess.run(["dpkg-query", "--search", *names], capture_output=True, text=True).stdout
        if not owners:
            sys.exit(f"sbom.py: {found[1]} is of no package")
        packages.add(owners.splitlines()[0].split(": ")[0].split(":")[0])
    return packages


def described(package):
    """A package as SPDX has it; None: it is not installed."""
    form = "${db:Status-Status}\\t${Version}\\t${Architecture}\\t${source:Package}\\t${source:Version}\\n"
    found = subprocess.run(["dpkg-query", "--show", "-f", form, package], capture_output=True, text=True).stdout
    lines = [line.split("\t") for line in found.splitlines() if line.startswith("installed\t")]
    if not lines:
        return None
    _, version, architecture, source, source_version = lines[0]
    quote = lambda text: text.replace("+", "%2B").replace(":", "%3A")
    return {
        "SPDXID": spdx_id(package),
        "name": package,
        "versionInfo": version,
        "supplier": "Organization: Debian",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "NOASSERTION",
        "licenseDeclared": "NOASSERTION",
        "copyrightText": "NOASSERTION",
        "sourceInfo": f"built from {source} {source_version}",
        "externalRefs": [{
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator":
                f"pkg:deb/debian/{quote(package)}@{quote(version)}?arch={architecture}&distro=debian-12",
        }],
    }


def spdx_id(name):
    return "SPDXRef-Package-" + re.sub(r"[^A-Za-z0-9.-]", lambda c: f"-{ord(c[0]):x}-", name)


def created():
    seconds = os.environ.get("SOURCE_DATE_EPOCH")
    moment = (datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc) if seconds
              else datetime.datetime.now(datetime.timezone.utc))
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: sbom.py <program>")
    program = pathlib.Path(sys.argv[1])
    version = re.search(r"^project\(\S+ VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1]
    digest = hashlib.sha256(program.read_bytes()).hexdigest()
    itself = {
        "SPDXID": spdx_id(program.name),
        "name": program.name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "checksums": [{"algorithm": "SHA256", "checksumValue": digest}],
        "licenseConcluded": "Apache-2.0",
        "licenseDeclared": "Apache-2.0",
        "copyrightText": "NOASSERTION",
        "primaryPackagePurpose": "APPLICATION",
    }
    packages = [itself]
    relationships = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES",
                      "relatedSpdxElement": itself["SPDXID"]}]

    def add(package, relate):
        found = described(package)
        if found is None:
            return
        packages.append(found)
        relationships.append(relate(found["SPDXID"]))

    def of_program(kind):
        return lambda other: {"spdxElementId": itself["SPDXID"], "relationshipType": kind, "relatedSpdxElement": other}

    def to_program(kind):
        return lambda other: {"spdxElementId": other, "relationshipType": kind, "relatedSpdxElement": itself["SPDXID"]}

    loaded = loaded_packages(str(program))
    for package in sorted(loaded):
        add(package, of_program("DYNAMIC_LINK"))
    for package in section("build"):
        if package in loaded:
            continue
        if package in COMPILED_IN:
            add(package, of_program("STATIC_LINK"))
        elif package in EMBEDDED:
            add(package, of_program("CONTAINS"))
        else:
            add(package, to_program("BUILD_DEPENDENCY_OF"))

    identity = json.dumps([packages, relationships], sort_keys=True)
    json.dump({
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{program.name}-{version}",
        "documentNamespace": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, identity)}",
        "creationInfo": {"created": created(), "creators": [f"Tool: {pathlib.Path(__file__).name}-{version}"]},
        "packages": packages,
        "relationships": relationships,
    }, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
