#!/usr/bin/env bash
# Drops the hostile files of a corpus together with GOOD (default 500) good reports, and says whether the good ones were
# converted, the hostile ones quarantined with the codes that `hedui convert` gives, and the daemon lived through it.
# Needs HEDUI_ACCEPTANCE_DIR, a folder with corpus/hostile.
source "$(dirname "$0")/begin.sh"
good=${1:-500}
corpus=${HEDUI_ACCEPTANCE_DIR:-}/corpus
[ -d "$corpus/hostile" ] || { echo "skipped: no corpus/hostile in HEDUI_ACCEPTANCE_DIR"; exit 0; }
printf 'inboxes:\n  - {path: in, after: move}\nlog: {format: json, level: info}\n' > config.yaml
mkdir -p in aside/in
start_daemon
before=$daemon
(cd aside && ledger drop in "$good")
cp "$corpus"/hostile/* aside/in/
(cd aside/in && find . -type f -print0 | sort -z -R | xargs -0 mv -t "$folder/in")
mv aside/given.tsv .
python3 - "$corpus/hostile" <<'P'
import hashlib, os, sys
with open("given.tsv", "a") as given:
    for name in sorted(os.listdir(sys.argv[1])):
        given.write(f"in\t{name}\t{hashlib.sha256(open(os.path.join(sys.argv[1], name), 'rb').read()).hexdigest()}\n")
P
ledger wait 3000
kill -0 "$before"
stop_daemon
python3 - "$corpus" "$hedui" "$good" <<'P'
import json, os, pathlib, sqlite3, subprocess, sys
corpus, hedui, good = sys.argv[1], sys.argv[2], int(sys.argv[3])
manifest = json.load(open(f"{corpus}/MANIFEST.json"))["files"] if os.path.exists(f"{corpus}/MANIFEST.json") else []
wanted = {os.path.basename(each["file"]): each for each in manifest if each["file"].startswith("hostile/")}
journal = sqlite3.connect("file:state/journal.sqlite3?mode=ro", uri=True)
rows = {os.fsdecode(path): (state, code) for path, state, code in journal.execute(
    "SELECT s.path, s.state, json_extract(d.refusal, '$.code') FROM sources s LEFT JOIN documents d ON d.entry = s.entry")}
wrong, remarks, codes = [], [], {}
for name in sorted(os.listdir(f"{corpus}/hostile")):
    state, code = rows[name]
    alone = subprocess.run([hedui, "convert", f"{corpus}/hostile/{name}"], capture_output=True, text=True)
    said = None if alone.returncode == 0 else alone.stderr.strip().splitlines()[-1].split(f"{name}: ", 1)[-1].split(":")[0]
    codes[code or state] = codes.get(code or state, 0) + 1
    # The daemon alone looks into archives.
    if said != code and said != "archive":
        wrong.append(f"{name}: the daemon says {state} {code}, convert says {said}")
    verdict = wanted.get(name, {}).get("verdict", "either")
    right = {
        "either": True,
        "converts": state in ("done", "duplicate"),
        "doctype": code == "doctype-forbidden",
        "bomb": code == "limit-exceeded",
        "too-deep": code == "limit-exceeded",
        # Where a file breaks off and where it is broken is a matter of taste.
        "truncated": code in ("truncated", "malformed"),
        "malformed": code in ("truncated", "malformed"),
    }.get(verdict, code == verdict or (verdict in ("error", "not-a-document") and state == "quarantined"))
    if not right:
        # What could be converted and is not is the readers' matter, and no danger.
        (remarks if verdict == "converts" else wrong).append(f"{name}: {state} {code}, the manifest says {verdict}")
done = sum(state in ("done", "duplicate") for name, (state, _) in rows.items() if name.split(".")[0].isdigit())
print(f"good {done} of {good} done; hostile {len(os.listdir(f'{corpus}/hostile'))}: " + ", ".join(f"{n} {c}" for c, n in sorted(codes.items())))
print("\n".join(remarks + wrong))
print("" if wrong else "every code is the one that convert gives and the manifest wants; the daemon was not restarted")
sys.exit(bool(wrong or done != good))
P
ledger count
"$hedui" verify
