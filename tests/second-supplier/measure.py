"""Which faults a tool finds: run it on the clean supplier, then on the supplier with each fault.

A fault is caught when the tool reports a failure that it does not report on the clean supplier.
"""

import argparse
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from records.catalogue import FAULTS  # noqa: E402
from records.switch import KEY  # noqa: E402

LIMIT = 600
CLEAN = "clean"


@dataclass
class Outcome:
    """One run of the tool: what it reported, and what it cost."""

    fault: str
    exit: int
    seconds: float
    requests: int | None
    failures: list[str] = field(default_factory=list)
    caught: bool = False


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def start(fault: str, port: int) -> subprocess.Popen[str]:
    """The supplier with its fault, ready to answer."""
    name = "" if fault == CLEAN else fault
    child = subprocess.Popen(
        [str(HERE / "run.sh"), str(port), name], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert child.stdout is not None
    if not child.stdout.readline().startswith("ready"):
        raise SystemExit(f"the supplier does not start with {fault}")
    return child


def stop(child: subprocess.Popen[str]) -> None:
    os.killpg(child.pid, signal.SIGTERM)
    child.wait(timeout=20)


def schemathesis(binary: str, url: str, folder: Path, fault: str) -> tuple[list[str], Path]:
    """The first failure decides on a fault, since the clean supplier has none; the clean run goes to its end."""
    report = folder / "report.json"
    command = [
        binary,
        "--config-file",
        str(HERE / "schemathesis.toml"),
        "run",
        f"{url}/openapi.json",
        "--header",
        f"X-API-Key: {KEY}",
        "--seed",
        "1",
        "--report",
        "json",
        "--report-json-path",
        str(report),
    ]
    return command + ([] if fault == CLEAN else ["--max-failures", "1"]), report


def muster(binary: str, url: str, folder: Path, _fault: str) -> tuple[list[str], Path]:
    target = folder / "target.yaml"
    target.write_text(
        "target: Records\nsupplier: Second Supplier\nenvironment: test\n"
        f"base_url: {url}\nwrites: allowed\nidentities:\n"
        "  default: { api_key: { in: header, name: X-API-Key, value: { env: RECORDS_KEY } } }\n"
    )
    command = [
        binary,
        "run",
        "--contract",
        f"{url}/openapi.json",
        "--target",
        str(target),
        "--format",
        "json",
        "--seed",
        "1",
        "--out",
        str(folder / "run"),
    ]
    return command, folder / "run" / "results.json"


TOOLS = {"schemathesis": schemathesis, "muster": muster}


def failures_of(tool: str, report: Any) -> tuple[list[str], int | None]:
    """What the report calls a failure, as comparable lines, and how many requests were sent."""
    if tool == "schemathesis":
        lines = {
            f"{failure['code']} {failure['title']} @ {operation}"
            for failure in report.get("failures", [])
            for operation in failure.get("operations", [])
        }
        return sorted(lines), report.get("test_cases", {}).get("generated")
    lines = {
        f"{finding['by'].get('check') or finding['by'].get('case')}: {finding['finding']['title']} @ {operation}"
        for finding in report["findings"]
        if finding["level"] == "MUST" and not finding["waived"]
        for operation in finding.get("operations") or ["-"]
    }
    return sorted(lines), report["requests"]


def run(tool: str, binary: str, fault: str) -> Outcome:
    port = free_port()
    supplier = start(fault, port)
    try:
        with tempfile.TemporaryDirectory() as folder:
            command, report = TOOLS[tool](binary, f"http://127.0.0.1:{port}", Path(folder), fault)
            begun = time.monotonic()
            try:
                done = subprocess.run(
                    command,
                    cwd=folder,
                    env={**os.environ, "RECORDS_KEY": KEY},
                    capture_output=True,
                    text=True,
                    timeout=LIMIT,
                    check=False,
                )
                code, said = done.returncode, done.stdout + done.stderr
            except subprocess.TimeoutExpired:
                code, said = -1, "time limit"
            seconds = round(time.monotonic() - begun, 1)
            if not report.exists():
                said = re.sub(r"\s+", " ", said)[-300:]
                return Outcome(fault, code, seconds, None, [f"no report: {said}"])
            failures, requests = failures_of(tool, json.loads(report.read_text()))
            return Outcome(fault, code, seconds, requests, failures)
    finally:
        stop(supplier)


def judged(outcome: Outcome, clean: set[str]) -> Outcome:
    real = [line for line in outcome.failures if not line.startswith("no report")]
    outcome.caught = bool(set(real) - clean)
    return outcome


def line_of(outcome: Outcome) -> str:
    mark = "caught" if outcome.caught else "MISSED"
    cost = f"{outcome.seconds:6} s  {outcome.requests or '-':>6}"
    return f"{mark}  {outcome.fault:38} {cost}  {'; '.join(outcome.failures)[:90]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", choices=sorted(TOOLS), required=True)
    parser.add_argument("--binary", help="the tool's program, if it is not on the path")
    parser.add_argument("--only", nargs="*", default=list(FAULTS), help="these faults only")
    parser.add_argument("--jobs", type=int, default=2, choices=[1, 2])
    parser.add_argument("--out", type=Path, default=Path("detection.json"), help="written after each run")
    parser.add_argument("--resume", action="store_true", help="keep the results that are in --out already")
    args = parser.parse_args()
    binary = args.binary or {"schemathesis": "st", "muster": "muster"}[args.tool]
    kept: dict[str, Any] = json.loads(args.out.read_text()) if args.resume and args.out.exists() else {}
    results = {name: Outcome(**value) for name, value in kept.items()}
    if CLEAN not in results:
        results[CLEAN] = run(args.tool, binary, CLEAN)
    clean = set(results[CLEAN].failures)
    print(
        f"{CLEAN}: {results[CLEAN].seconds} s, {results[CLEAN].requests} requests, {len(clean)} alarms",
        *clean,
        sep="\n  ",
    )
    with ThreadPoolExecutor(args.jobs) as pool:
        waiting = [fault for fault in args.only if fault not in results]
        for outcome in pool.map(lambda fault: judged(run(args.tool, binary, fault), clean), waiting):
            results[outcome.fault] = outcome
            print(line_of(outcome), flush=True)
            args.out.write_text(json.dumps({name: asdict(value) for name, value in results.items()}, indent=1))
    faults = [value for name, value in results.items() if name != CLEAN]
    print(f"{args.tool}: {sum(f.caught for f in faults)} of {len(faults)} caught, {len(clean)} false alarms")


if __name__ == "__main__":
    main()
