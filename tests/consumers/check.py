"""Reads JUnit, OpenMetrics and the badge of a folder of runs with the readers that others use.

    python tests/consumers/check.py FOLDER SCHEMAS

FOLDER holds a folder for each run; SCHEMAS holds Jenkins' two `junit-10.xsd`. Exits with 1 if anything is refused, and with
2 if there was nothing to read.
"""

import json
import pathlib
import sys

from lxml import etree
from prometheus_client.openmetrics.parser import text_string_to_metric_families

# The revisions of the xUnit plugin whose schemas are held: with `file` and `line`, and the strictest.
RICH, CLASSIC = "14c6e39c38408b9ed6280361484a13c6f5becca7", "ae25da5089d4f94ac6c4669bf736e4d416cc4665"


def junit(path, schema, red):
    document = etree.parse(str(path))
    schema.assertValid(document)
    failing = document.xpath("count(//testcase/failure | //testcase/error)")
    assert (failing > 0) == red, "red and the exit code differ"


def metrics(path, exit_code):
    families = {one.name: one for one in text_string_to_metric_families(path.read_text())}
    assert families["muster_exit_code"].samples[0].value == exit_code
    assert families["muster_run"].type == "info"
    assert len(families["muster_requirements"].samples) == 10


def badge(path):
    root = etree.parse(str(path)).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.findtext("{http://www.w3.org/2000/svg}title")
    assert not root.xpath("//*[local-name()='script' or @href or @onload]")


def main(folder, schemas):
    runs = sorted(one for one in pathlib.Path(folder).iterdir() if one.is_dir())
    if not runs:
        print("Name a folder of runs.", file=sys.stderr)
        return 2
    found = {one.parent.name: one for one in pathlib.Path(schemas).rglob("junit-10.xsd")}
    rich, classic = (etree.XMLSchema(etree.parse(str(found[name]))) for name in (RICH, CLASSIC))
    passed = failed = 0
    for run in runs:
        exit_code = json.loads((run / "run.json").read_text())["exit_code"]
        red = exit_code != 0
        for what, check in {
            "JUnit": lambda: junit(run / "junit.xml", rich, red),
            "JUnit, classic": lambda: junit(run / "junit-classic.xml", classic, red),
            "OpenMetrics": lambda: metrics(run / "metrics.txt", exit_code),
            "badge": lambda: badge(run / "badge.svg"),
        }.items():
            try:
                check()
                passed += 1
            except Exception as error:  # noqa: BLE001, every refusal is told
                failed += 1
                print(f"{run.name} {what}: {error!r}", file=sys.stderr)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]) if len(sys.argv) == 3 else 2)
