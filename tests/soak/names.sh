#!/usr/bin/env bash
# An inbox of NAMES (default 10000) names, half of them passed over by a rule, nearly all others copies of a few contents,
# one in a thousand a report of its own; all there before the daemon starts. Says when the first result came, how long all
# took and how much memory the daemon had. 1000000 for a person.
source "$(dirname "$0")/begin.sh"
names=${1:-10000}
printf 'inboxes:\n  - {path: in, after: keep}\nlog: {format: json, level: warn}\n' > config.yaml
mkdir in
python3 - "$names" <<'P'
import hashlib, os, sys
names = int(sys.argv[1])
report = lambda number: f"{number}号单位2022年度部门整体支出绩效自评报告\n2022年总支出{number}.42万元。\n".encode()
with open("given.tsv", "w") as given:
    for number in range(names):
        if number % 2:
            name, data = f"~${number}.docx", b""
        elif number % 1000 == 0:
            name, data = f"{number}.txt", report(number)
        else:
            name, data = f"{number}.txt", report(number % 64 + 7)
        # Copies of one content share their bytes on disk.
        shared = f"kept-{number % 64}-{number // 60_000}"
        if number % 2 == 0 and number % 1000:
            if not os.path.exists(shared):
                open(shared, "wb").write(data)
            os.link(shared, f"in/{name}")
        else:
            open(f"in/{name}", "wb").write(data)
        given.write(f"in\t{name}\t{hashlib.sha256(data).hexdigest()}\n")
P
"$hedui" run 2>> said.log &
daemon=$!
python3 - "$names" "$daemon" <<'P'
import os, pathlib, sqlite3, sys, time
names, daemon = int(sys.argv[1]), int(sys.argv[2])
start, first, peak, answered = time.time(), None, 0, 0
while answered < names and time.time() - start < 7200:
    time.sleep(0.1 if first is None else 1)
    peak = max(peak, int(open(f"/proc/{daemon}/status").read().split("VmRSS:")[1].split()[0]))
    if first is None:
        first = time.time() - start if any(pathlib.Path("out/records").rglob("[!.]*.json")) else None
        continue
    connection = sqlite3.connect("file:state/journal.sqlite3?mode=ro", uri=True, timeout=30)
    answered = connection.execute("SELECT count(*) FROM sources").fetchone()[0]
    connection.close()
took = time.time() - start
print(f"{answered} of {names} names answered for in {took:.1f} s, {answered / took:.0f} files/s, first result after {first:.1f} s, "
      f"daemon at most {peak // 1024} MB")
P
stop_daemon
ledger count
"$hedui" verify
