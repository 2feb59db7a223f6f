"""Serve the second supplier: `app.py --port 8123 [--fault ID]`, or `--list-faults`, or `--contract`."""

import argparse
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from records.catalogue import FAULTS  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8123)
    parser.add_argument("--fault", default=os.environ.get("FAULT", ""), help="switch one fault on")
    parser.add_argument("--list-faults", action="store_true", help="id, class and sentence of each fault")
    parser.add_argument("--contract", action="store_true", help="write openapi.json again from the code")
    args = parser.parse_args()
    if args.list_faults:
        for name, (kind, sentence) in FAULTS.items():
            print(f"{name}\t{kind}\t{sentence}")
        return
    os.environ["FAULT"] = "" if args.contract else args.fault

    import uvicorn

    from records.api import CONTRACT, build

    app = build()
    if args.contract:
        CONTRACT.write_text(json.dumps(app.openapi(), indent=1) + "\n")
        return
    uvicorn.run(app, host="127.0.0.1", port=args.port, log_level="critical", access_log=False)


if __name__ == "__main__":
    main()
