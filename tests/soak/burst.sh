#!/usr/bin/env bash
# Drops FILES (default 1000) small different reports at once while the daemon stands still for 5 s (SIGSTOP), waits until
# all are answered for, and says how long it took, how much memory, and what was lost or doubled. 100000 for a person.
source "$(dirname "$0")/begin.sh"
files=${1:-1000}
printf 'inboxes:\n  - {path: in, after: move}\nlog: {format: json, level: info}\n' > config.yaml
mkdir -p in aside/in
start_daemon
kill -STOP "$daemon"
(cd aside && ledger drop in "$files")
mv aside/given.tsv .
(cd aside/in && find . -type f -print0 | xargs -0 mv -t "$folder/in")
sleep 5
python3 - "$files" "$daemon" <<'P'
import os, pathlib, signal, sys, time
files, daemon = int(sys.argv[1]), int(sys.argv[2])
os.kill(daemon, signal.SIGCONT)
start, first, peak = time.time(), None, 0
while True:
    peak = max(peak, int(open(f"/proc/{daemon}/status").read().split("VmRSS:")[1].split()[0]))
    if first is None and any(pathlib.Path("out/records").rglob("[!.]*.json")):
        first = time.time() - start
    if not any(os.scandir("in")) or time.time() - start > 7200:
        break
    time.sleep(0.1 if first is None else 0.5)
took = time.time() - start
# The ceiling: what this disk flushes by itself, one file after another.
os.mkdir("ceiling")
begin, count = time.time(), 0
while time.time() - begin < 3:
    with open(f"ceiling/{count}.tmp", "w") as file:
        file.write("x" * 4000); file.flush(); os.fsync(file.fileno())
    os.rename(f"ceiling/{count}.tmp", f"ceiling/{count}"); count += 1
    folder = os.open("ceiling", os.O_RDONLY); os.fsync(folder); os.close(folder)
print(f"{took:.1f} s, {files / took:.0f} files/s, {files * 0.9 / took:.0f} documents/s (every tenth file is a copy), first result "
      f"after {first:.1f} s, daemon at most {peak // 1024} MB; one file at a time, write, fsync, rename and fsync of the folder: {count / 3:.0f}/s")
P
ledger wait
stop_daemon
ledger count
"$hedui" verify
