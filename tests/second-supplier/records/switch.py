"""Which fault is on (read once from `FAULT`, asked everywhere through `on`), and the one key that is accepted."""

import os

from records.catalogue import FAULTS

KEY = "records-demo-key"
ACTIVE: str = os.environ.get("FAULT", "")

if ACTIVE and ACTIVE not in FAULTS:
    raise SystemExit(f"no such fault: {ACTIVE} (see --list-faults)")


def on(fault: str) -> bool:
    """Whether `fault` is the one switched on; an unlisted name is a mistake in this program."""
    if fault not in FAULTS:
        raise KeyError(fault)
    return fault == ACTIVE
