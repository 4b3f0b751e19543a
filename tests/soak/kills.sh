#!/usr/bin/env bash
# Kills the daemon with SIGKILL at random moments while reports are dropped, KILLS (default 20) times, and then says
# whether anything was lost or doubled. Needs the release build and python3.
set -euo pipefail
cd "$(dirname "$0")/../.."

kills=${1:-20}
hedui=${HEDUI_BIN:-$PWD/target/release/hedui}
[ -x "$hedui" ] || { echo "skipped: no release build ($hedui)"; exit 0; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
printf 'inboxes:\n  - {path: in, after: move}\n  - {path: keep, after: keep}\nquiet_window: 100ms\nlog: {format: json, level: warn}\n' > config.yaml
mkdir in keep

files=0
for ((round = 1; round <= kills; round++)); do
  "$hedui" run 2>> said.log &
  daemon=$!
  for ((n = 0; n < 50; n++)); do
    files=$((files + 1))
    place=$([ $((files % 3)) -eq 0 ] && echo keep || echo in)
    # Every tenth is a copy of the one before it.
    number=$([ $((files % 10)) -eq 0 ] && echo $((files - 1)) || echo $files)
    printf '%s号单位2022年度部门整体支出绩效自评报告\n2022年总支出%s.42万元，其中基本支出%s.42万元。\n' $number $number $number > "$place/$files.txt"
  done
  sleep "0.$(printf '%03d' $((RANDOM % 700 + 50)))"
  kill -9 "$daemon"
  wait "$daemon" 2>/dev/null || true
done
"$hedui" run --once 2>> said.log
"$hedui" verify
python3 - "$files" <<'P'
import json, pathlib, sys
files = int(sys.argv[1])
copies = files // 10
lines = [json.loads(line) for path in sorted(pathlib.Path("out/reconciliation").iterdir()) for line in path.open()]
documents = [line["source"] for line in lines if line["type"] == "document"]
records = [json.loads(path.read_text()) for path in pathlib.Path("out/records").rglob("*.json")]
archived = sum(path.is_file() for path in pathlib.Path("archive").rglob("*"))
left = sum(path.is_file() for path in pathlib.Path("in").rglob("*"))
kept = sum(path.is_file() for path in pathlib.Path("keep").rglob("*"))
doubled = len(documents) - len(set(documents))
lost = files - copies - len(records)
stray = sum(path.name.endswith("hedui-tmp") for path in pathlib.Path(".").rglob("*"))
print(f"files in {files}, done {len(records)}, duplicate {copies}, "
      f"archived {archived}, kept {kept}, left {left}, lost {lost}, doubled {doubled}, stray {stray}")
sys.exit(bool(lost or doubled or stray or left or archived + kept != files))
P
