#!/bin/sh
# Start the second supplier: run.sh PORT [FAULT]. Makes its virtual environment once, prints a line when ready, serves until stopped.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
port=${1:?usage: run.sh PORT [FAULT]}
venv=${SUPPLIER_VENV:-$here/.venv}
if [ ! -e "$venv/ready" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --requirement "$here/requirements.txt"
    touch "$venv/ready"
fi
"$venv/bin/python" "$here/app.py" --port "$port" --fault "${2:-}" &
child=$!
trap 'kill "$child" 2>/dev/null; wait "$child" 2>/dev/null || true' EXIT
trap 'exit 0' INT TERM
tries=0
until "$venv/bin/python" -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$port/health', timeout=1)" 2>/dev/null; do
    kill -0 "$child" 2>/dev/null || exit 2
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || exit 3
    sleep 0.1
done
echo "ready on http://127.0.0.1:$port"
wait "$child"
