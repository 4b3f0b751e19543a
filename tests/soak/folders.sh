#!/usr/bin/env bash
# Folders that are made and written to at once (FOLDERS, default 200), folders that are moved in full (a fortieth as many),
# and an inbox that is removed and made anew (ten times): every file must be found. No rescan comes to help. 2000 for a person.
source "$(dirname "$0")/begin.sh"
folders=${1:-200}
printf 'inboxes:\n  - {path: in, after: keep}\nquiet_window: 100ms\nrescan_interval: 1h\nlog: {format: json, level: info}\n' > config.yaml
mkdir in aside
start_daemon
python3 - "$folders" "$soak" <<'P'
import hashlib, os, sys
sys.path.insert(0, sys.argv[2])
import ledger
folders, rows = int(sys.argv[1]), []
def put(root, path, number):
    data = f"{number}号单位2022年度部门整体支出绩效自评报告\n".encode()
    os.makedirs(os.path.dirname(f"{root}/{path}"), exist_ok=True)
    with open(f"{root}/{path}", "wb") as file:
        file.write(data)
    rows.append(("in", path, hashlib.sha256(data).hexdigest()))
for number in range(folders):
    put("in", f"made{number}/a/b/{number}.txt", number)
moved = max(folders // 40, 5)
for number in range(moved):
    for each in range(10):
        put("aside", f"moved{number}/x{each % 3}/{each}.txt", 1_000_000 + number * 10 + each)
    os.rename(f"aside/moved{number}", f"in/moved{number}")
ledger.note(rows)
print(f"{folders} folders made and written to, {moved} full folders moved in")
P
ledger wait 300
ledger count
# From here on the inbox itself goes; its files are those of the archive of no one, so they are counted by their records.
stop_daemon
rm -rf state out quarantine given.tsv in && mkdir in
sed -i 's/rescan_interval: 1h/rescan_interval: 1s/; s/after: keep/after: move/' config.yaml
start_daemon
for ((round = 0; round < 10; round++)); do
  rm -rf in
  mkdir -p in/new
  ledger drop in 10 $((round * 20))
  ledger drop in/new 10 $((round * 20 + 10))
  ledger wait 60
done
stop_daemon
echo "the inbox removed and made anew 10 times"
ledger count
"$hedui" verify
