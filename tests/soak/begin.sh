# Sourced by the scripts beside it: finds the release build, makes a folder to work in, and cleans up after them.
set -euo pipefail
soak=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
hedui=${HEDUI_BIN:-$soak/../../target/release/hedui}
[ -x "$hedui" ] || { echo "skipped: no release build ($hedui)"; exit 0; }
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 0; }
ledger() { python3 "$soak/ledger.py" "$@"; }
folder=$(mktemp -d)
daemon=
mounted=()
end() {
  [ -z "$daemon" ] || kill -9 "$daemon" 2>/dev/null || true
  for place in "${mounted[@]}"; do umount "$place" 2>/dev/null || true; done
  rm -rf "$folder"
}
trap end EXIT
cd "$folder"

# Starts the daemon, with further words before it where they are given, and waits until it watches.
start_daemon() {
  : > watching.log
  "$@" "$hedui" run 2> >(tee -a said.log > watching.log) &
  daemon=$!
  until grep -q '"watching"' watching.log; do
    kill -0 "$daemon" 2>/dev/null || { cat said.log; echo "the daemon has ended"; exit 1; }
    sleep 0.02
  done
}

stop_daemon() {
  kill "$daemon"
  wait "$daemon"
  daemon=
}
