#!/usr/bin/env bash
# Kills the daemon with SIGKILL at random moments while reports are dropped into an inbox whose files move and one whose
# files stay, KILLS (default 10) times, and then says whether anything was lost or doubled. 200 for a person.
source "$(dirname "$0")/begin.sh"
kills=${1:-10}
printf 'inboxes:\n  - {path: in, after: move}\n  - {path: keep, after: keep}\nquiet_window: 100ms\nlog: {format: json, level: warn}\n' > config.yaml
mkdir in keep
first=0
for ((round = 1; round <= kills; round++)); do
  "$hedui" run 2>> said.log &
  daemon=$!
  ledger drop in 30 $first
  ledger drop keep 20 $((first + 30))
  first=$((first + 50))
  sleep "0.$(printf '%03d' $((RANDOM % 700 + 50)))"
  kill -9 "$daemon"
  wait "$daemon" 2>/dev/null || true
done
daemon=
"$hedui" run --once 2>> said.log
echo "killed $kills times under load"
ledger count
"$hedui" verify
