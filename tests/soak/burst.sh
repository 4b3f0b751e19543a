#!/usr/bin/env bash
# Drops FILES (default 2000) small different reports at once while the daemon stands still for 5 s (SIGSTOP), waits until
# all are answered for, and says how long it took, how much memory, and what was lost or doubled. Needs the release build
# and python3.
set -euo pipefail
cd "$(dirname "$0")/../.."

files=${1:-2000}
hedui=${HEDUI_BIN:-$PWD/target/release/hedui}
[ -x "$hedui" ] || { echo "skipped: no release build ($hedui)"; exit 0; }
folder=$(mktemp -d)
trap 'kill -9 "$daemon" 2>/dev/null || true; rm -rf "$folder"' EXIT
cd "$folder"
printf 'inboxes:\n  - {path: in, after: move}\nlog: {format: json, level: warn}\n' > config.yaml
mkdir in aside
python3 - "$files" <<'P'
import sys
for n in range(int(sys.argv[1])):
    kind = n % 10
    if kind == 9:
        # A whole page is read at once.
        text = f"<html><body><p>{n}号单位2022年度部门整体支出绩效自评报告</p><p>2022年总支出{n}.42万元。</p></body></html>"
        name = f"aside/{n}.html"
    else:
        text = f"{n}号单位2022年度部门整体支出绩效自评报告\n2022年总支出{n}.42万元，其中基本支出{n}.42万元。\n"
        name = f"aside/{n}.txt"
    open(name, "w").write(text)
P
"$hedui" run 2>> said.log &
daemon=$!
until [ -e state/journal.sqlite3 ]; do sleep 0.05; done
kill -STOP "$daemon"
(cd aside && find . -type f -print0 | xargs -0 cp -t ../in)
sleep 5
kill -CONT "$daemon"
python3 - "$files" "$daemon" <<'P'
import json, os, pathlib, sys, time
files, daemon = int(sys.argv[1]), int(sys.argv[2])
start, first, peak = time.time(), None, 0
while True:
    status = open(f"/proc/{daemon}/status").read()
    peak = max(peak, int(status.split("VmRSS:")[1].split()[0]))
    records = sum(1 for _ in pathlib.Path("out/records").rglob("[!.]*.json")) if os.path.isdir("out/records") else 0
    if first is None and records:
        first = time.time() - start
    left = sum(1 for _ in os.scandir("in"))
    if left == 0 or time.time() - start > 3600:
        break
    time.sleep(0.5)
took = time.time() - start
# The ceiling: what this disk flushes by itself, one file after another.
os.mkdir("ceiling")
begin, count = time.time(), 0
while time.time() - begin < 3:
    with open(f"ceiling/{count}.tmp", "w") as file:
        file.write("x" * 4000); file.flush(); os.fsync(file.fileno())
    os.rename(f"ceiling/{count}.tmp", f"ceiling/{count}"); count += 1
    folder = os.open("ceiling", os.O_RDONLY); os.fsync(folder); os.close(folder)
lines = [json.loads(line) for path in sorted(pathlib.Path("out/reconciliation").iterdir()) for line in path.open()]
documents = [line["source"] for line in lines if line["type"] == "document"]
records = sum(1 for _ in pathlib.Path("out/records").rglob("*.json"))
archived = sum(path.is_file() for path in pathlib.Path("archive").rglob("*"))
doubled, lost = len(documents) - len(set(documents)), files - records
print(f"files in {files}, done {records}, archived {archived}, left {left}, lost {lost}, doubled {doubled}")
print(f"{took:.1f} s, {files / took:.0f} documents/s, first result after {first:.1f} s, daemon at most {peak // 1024} MB; "
      f"one file at a time, write, fsync, rename and fsync of the folder: {count / 3:.0f}/s")
sys.exit(bool(lost or doubled or left or archived != files))
P
"$hedui" verify
