#!/usr/bin/env bash
# From the close of a small report to its record visible, REPORTS (default 20) one after another: texts with the default
# quiet window and with the shortest safe one, pages with a lease.
source "$(dirname "$0")/begin.sh"
reports=${1:-20}
for setting in "text default 2s" "text shortest 200ms" "page default 2s"; do
  read -r kind name window <<< "$setting"
  rm -rf ./* && mkdir in
  printf 'inboxes:\n  - {path: in, after: keep}\nquiet_window: %s\nlog: {format: json, level: info}\n' "$window" > config.yaml
  start_daemon
  count=$([ "$name" = default ] && [ "$kind" = text ] && echo $((reports / 4 + 1)) || echo "$reports")
  python3 - "$kind" "$count" "$window" <<'P'
import hashlib, os, sys, time
kind, count, window = sys.argv[1], int(sys.argv[2]), sys.argv[3]
took = []
for number in range(count + 1):
    text = f"{number}号单位2022年度部门整体支出绩效自评报告"
    data = (f"<html><body><p>{text}</p></body></html>" if kind == "page" else text + "\n").encode()
    names = [f"out/records/2022/{hashlib.sha256(data).hexdigest()[:16]}.{each}.json" for each in ("department-self-evaluation", "generic")]
    with open(f"in/{number}.{'html' if kind == 'page' else 'txt'}", "wb") as file:
        file.write(data)
    start = time.perf_counter()
    while not any(os.path.exists(name) for name in names):
        time.sleep(0.0005)
        if time.perf_counter() - start > 60:
            sys.exit(f"no record within 60 s: {names}")
    took.append(time.perf_counter() - start)
# The first one starts the converting process.
first, took = took[0], sorted(took[1:])
at = lambda share: took[min(len(took) - 1, int(share * len(took)))] * 1000
print(f"{kind}, quiet window {window}: {count} reports, p50 {at(0.5):.1f} ms, p99 {at(0.99):.1f} ms (the first of all {first * 1000:.0f} ms)")
P
  stop_daemon
  ledger note in in/*
  ledger count
  "$hedui" verify
done
