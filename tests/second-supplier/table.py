"""Write the figures into docs/detection.md: what each tool caught, by class and by fault."""

import json
from pathlib import Path
from typing import Any

from records.catalogue import CLASSES, FAULTS

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent.parent / "docs" / "detection.md"
TOOLS = {"muster": "Muster", "schemathesis": "Schemathesis"}
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
Figures = dict[str, dict[str, Any]]


def figures(tool: str) -> Figures:
    path = HERE / "figures" / f"{tool}.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def mark(found: Figures, fault: str) -> str:
    if fault not in found:
        return ""
    return "yes" if found[fault]["caught"] else "no"


def share(found: Figures, names: list[str]) -> str:
    tried = [found[name] for name in names if name in found]
    return f"{sum(bool(each['caught']) for each in tried)} of {len(tried)}" if tried else ""


def spread(values: list[float]) -> str:
    values = sorted(values)
    return f"{values[len(values) // 2]:.0f} (up to {values[-1]:.0f})" if values else ""


def tables() -> list[str]:
    every = {tool: figures(tool) for tool in TOOLS}
    lines = ["| | " + " | ".join(TOOLS.values()) + " |", "|---|" + "---|" * len(TOOLS)]

    def row(name: str, cells: list[str]) -> None:
        lines.append(f"| {name} | " + " | ".join(cells) + " |")

    row("**faults caught**", [share(found, list(FAULTS)) for found in every.values()])
    clean = [found.get("clean", {}) for found in every.values()]
    row("false alarms on the clean API", [str(len(each["failures"])) if each else "" for each in clean])
    row("seconds of the clean run", [str(each.get("seconds", "")) for each in clean])
    row("requests of the clean run", [str(each.get("requests", "")) for each in clean])
    with_fault = [[each for name, each in found.items() if name != "clean"] for found in every.values()]
    row("seconds of a run with a fault, median", [spread([each["seconds"] for each in runs]) for runs in with_fault])
    for kind, sentence in CLASSES.items():
        names = [name for name, (its, _) in FAULTS.items() if its == kind]
        row(f"{kind}: {sentence}", [share(found, names) for found in every.values()])
    lines += ["", "| fault | class | " + " | ".join(TOOLS.values()) + " |", "|---|---|" + "---|" * len(TOOLS)]
    for name, (kind, _) in FAULTS.items():
        row(f"`{name}` | {kind}", [mark(found, name) for found in every.values()])
    return lines


def main() -> None:
    page = PAGE.read_text()
    head, rest = page.split(BEGIN)
    tail = rest.split(END)[1]
    PAGE.write_text("\n".join([head + BEGIN, *tables(), END]) + tail)


if __name__ == "__main__":
    main()
