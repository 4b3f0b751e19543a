#!/usr/bin/env python3
"""What was dropped, and what became of it.

    ledger.py drop FOLDER COUNT [FIRST]   writes COUNT small reports of their own into FOLDER, every tenth a copy of the
                                          one before it, and notes them in given.tsv
    ledger.py note INBOX FILE...          notes files that are put there by other means
    ledger.py wait [SECONDS]              waits until every noted file has an answer in the journal
    ledger.py count                       compares with journal, records, quarantine, log, archive and inboxes

A file is lost when the journal has no answer for it, when no record or reason has its content, or when its bytes are
nowhere any more. A record is doubled when the log names it more than once.
"""
import collections, hashlib, json, os, pathlib, sqlite3, sys, time

GIVEN = pathlib.Path("given.tsv")


def note(rows):
    with GIVEN.open("a") as file:
        for inbox, name, digest in rows:
            file.write(f"{inbox}\t{name}\t{digest}\n")


def report(number):
    if number % 7 == 3:
        # A whole page is read at once.
        text = f"<html><body><p>{number}号单位2022年度部门整体支出绩效自评报告</p><p>2022年总支出{number}.42万元。</p></body></html>"
        return "html", text.encode()
    text = f"{number}号单位2022年度部门整体支出绩效自评报告\n2022年总支出{number}.42万元，其中基本支出{number}.42万元。\n"
    return "txt", text.encode()


def drop(folder, count, first=0):
    rows = []
    for number in range(first, first + count):
        kind, data = report(number - 1 if number % 10 == 9 else number)
        name = f"{number}.{kind}"
        rows.append((folder.split("/")[0], "/".join(folder.split("/")[1:] + [name]), hashlib.sha256(data).hexdigest()))
        with open(f"{folder}/{name}", "wb") as file:
            file.write(data)
    note(rows)


def given():
    return [line.rstrip("\n").split("\t") for line in GIVEN.open()] if GIVEN.exists() else []


def answers():
    connection = sqlite3.connect("file:state/journal.sqlite3?mode=ro", uri=True, timeout=30)
    rows = connection.execute("SELECT inbox, path, state FROM sources WHERE settled = 1 OR state = 'ignored'").fetchall()
    connection.close()
    return {(inbox, os.fsdecode(path)): state for inbox, path, state in rows}


def wait(seconds):
    wanted = [(inbox, name) for inbox, name, _ in given()]
    end = time.time() + seconds
    while time.time() < end:
        known = answers()
        if all(key in known for key in wanted):
            return
        time.sleep(0.2)
    known = answers()
    missing = [key for key in wanted if key not in known]
    sys.exit(f"not answered for within {seconds} s: {len(missing)} files, as {missing[:3]}")


def files(folder):
    return (path for path in pathlib.Path(folder).rglob("*") if path.is_file())


def count():
    rows, known = given(), answers()
    states = collections.Counter(known.get((inbox, name), "unanswered") for inbox, name, _ in rows)
    lines = [json.loads(line) for path in files("out/reconciliation") for line in path.open()]
    documents = collections.Counter(line["record_id"] for line in lines if line["type"] == "document")
    doubled = sum(number - 1 for number in documents.values())
    outputs = [path for part in ("out/records", "out/superseded") for path in files(part)]
    told = {path.name.split(".")[0] for path in outputs} | {path.name[:16] for path in files("quarantine")}
    lasting = [path for part in ("archive", "quarantine", *{row[0] for row in rows}) for path in files(part)]
    bytes_of = {hashlib.sha256(path.read_bytes()).hexdigest() for path in lasting}
    lost = [
        (inbox, name)
        for inbox, name, digest in rows
        if (inbox, name) not in known
        or (known[inbox, name] != "ignored" and (digest[:16] not in told or digest not in bytes_of))
    ]
    stray = sum(path.name.endswith("hedui-tmp") or path.name == ".hedui-canary" for path in files("."))
    unlogged = sum(path.name[:-5] not in documents for path in outputs)
    print(
        f"files in {len(rows)}, done {states['done']}, duplicate {states['duplicate']}, quarantined {states['quarantined']}, "
        f"ignored {states['ignored']}, lost {len(lost)}, doubled {doubled}"
        + (f"; stray {stray}, records without a line {unlogged}, e.g. {lost[:3]}" if lost or stray or unlogged else "")
    )
    sys.exit(bool(lost or doubled or stray or unlogged))


if __name__ == "__main__":
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "drop":
        drop(arguments[0], int(arguments[1]), int(arguments[2]) if len(arguments) > 2 else 0)
    elif command == "note":
        inbox = arguments[0]
        note((inbox, os.path.relpath(path, inbox), hashlib.sha256(open(path, "rb").read()).hexdigest()) for path in arguments[1:])
    elif command == "wait":
        wait(float(arguments[0]) if arguments else 600)
    elif command == "count":
        count()
    else:
        sys.exit(__doc__)
