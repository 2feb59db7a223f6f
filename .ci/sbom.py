#!/usr/bin/env python3
"""Writes the software bill of materials of Muster to standard output: CycloneDX 1.5, JSON.

Every package that the program is built from, with its version, licence, checksum and what it depends on, as `Cargo.lock`
and `cargo metadata` have them. Packages that only tests and benches need are left out. The same sources give the same bytes.
"""

import json
import subprocess
import tomllib


def purl(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def component(package, checksums):
    held = {
        "type": "library",
        "bom-ref": purl(package),
        "name": package["name"],
        "version": package["version"],
        "purl": purl(package),
    }
    if package["description"]:
        held["description"] = " ".join(package["description"].split())
    if package["license"]:
        # Some packages still separate alternatives by a slash, which SPDX does not know.
        held["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if checksum := checksums.get((package["name"], package["version"])):
        held["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    if package["repository"]:
        held["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return held


def main():
    with open("Cargo.lock", "rb") as lock:
        locked = tomllib.load(lock)["package"]
    checksums = {(one["name"], one["version"]): one.get("checksum") for one in locked}
    command = ["cargo", "metadata", "--format-version", "1", "--locked"]
    metadata = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    packages = {one["id"]: one for one in metadata["packages"]}
    needs = {
        node["id"]: sorted(
            dependency["pkg"]
            for dependency in node["deps"]
            if any(kind["kind"] != "dev" for kind in dependency["dep_kinds"])
        )
        for node in metadata["resolve"]["nodes"]
    }
    root = metadata["resolve"]["root"]
    reached, left = set(), [root]
    while left:
        one = left.pop()
        if one not in reached:
            reached.add(one)
            left.extend(needs[one])
    ordered = sorted(reached, key=lambda one: (packages[one]["name"], packages[one]["version"]))
    program = component(packages[root], checksums) | {"type": "application"}
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": program},
        "components": [component(packages[one], checksums) for one in ordered if one != root],
        "dependencies": [
            {"ref": purl(packages[one]), "dependsOn": [purl(packages[other]) for other in needs[one]]}
            for one in ordered
        ],
    }
    print(json.dumps(bom, indent=2))


main()
