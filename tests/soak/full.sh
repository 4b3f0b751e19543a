#!/usr/bin/env bash
# Fills the disks of results, journal, archive and quarantine, one after another, while reports come in: small file systems
# of their own, tmpfs or with `ext4` as the first word on loop devices. The daemon must say that it is degraded, and finish
# by itself once there is room. Needs root.
source "$(dirname "$0")/begin.sh"
kind=${1:-tmpfs}
[ "$(id -u)" = 0 ] || { echo "skipped: mounting needs root"; exit 0; }
mkdir probe
mount -t tmpfs -o size=1m none probe 2>/dev/null || { echo "skipped: no mounting here"; exit 0; }
umount probe
mount_small() {
  if [ "$kind" = ext4 ]; then
    truncate -s 4M "$1.image"
    mkfs.ext4 -q -m 0 "$1.image"
    mount -o loop "$1.image" "$1"
  else
    mount -t tmpfs -o size=4m none "$1"
  fi
  mounted+=("$folder/$1")
}
health() { python3 -c 'import sys, urllib.request, urllib.error
try: print(urllib.request.urlopen(sys.argv[1] + "/healthz").status)
except urllib.error.HTTPError as error: print(error.code, error.read().decode().strip())' "$address"; }
for small in out state archive quarantine; do
  rm -rf ./* 2>/dev/null || true
  mkdir in out state archive quarantine
  printf 'inboxes:\n  - {path: in, after: move}\nquiet_window: 100ms\nrescan_interval: 1s\nmin_free_bytes: 0\nweb: {listen: "127.0.0.1:0"}\nlog: {format: json, level: info}\n' > config.yaml
  mount_small "$small"
  start_daemon
  address=http://$(grep -o '"at":"127[^"]*' said.log | head -1 | cut -d'"' -f4)
  ledger drop in 20
  ledger wait 60
  # Nothing is left on that disk but what is there.
  dd if=/dev/zero of="$small/ballast" bs=4k 2>/dev/null || true
  ledger drop in 40 100
  for number in 1 2 3; do
    mkdir -p aside/in
    printf '%%PDF-1.7\n%s%0100000d' $number 0 > "aside/in/scan$number.pdf"
    (cd aside && ledger note in "in/scan$number.pdf" && cat given.tsv >> ../given.tsv && rm given.tsv)
    mv "aside/in/scan$number.pdf" in/
  done
  for ((tick = 0; tick < 100; tick++)); do
    said=$(health)
    [ "$said" = 200 ] || break
    sleep 0.1
  done
  [ "$said" != 200 ] || { echo "a full disk of $small does no harm to its health"; exit 1; }
  waiting=$(find in -type f | wc -l)
  rm "$small/ballast"
  ledger wait 120
  for ((tick = 0; tick < 100; tick++)); do
    after=$(health)
    [ "$after" != 200 ] || break
    sleep 0.1
  done
  stop_daemon
  echo "full disk of $small ($kind): meanwhile health $said, $waiting files waited; then health $after"
  ledger count
  "$hedui" verify
  umount "$small"
  mounted=()
done

# Low rather than full: intake pauses and goes on by itself.
rm -rf ./* && mkdir in out
mount_small out
printf 'inboxes:\n  - {path: in, after: move}\nquiet_window: 100ms\nmin_free_bytes: 2000000\nweb: {listen: "127.0.0.1:0"}\nlog: {format: json, level: info}\n' > config.yaml
start_daemon
address=http://$(grep -o '"at":"127[^"]*' said.log | head -1 | cut -d'"' -f4)
dd if=/dev/zero of=out/ballast bs=100k count=25 2>/dev/null || true
ledger drop in 20
until grep -q 'too little room' said.log; do sleep 0.1; done
said=$(health)
rm out/ballast
ledger wait 60
stop_daemon
echo "low disk: meanwhile health $said"
ledger count
"$hedui" verify
umount out
mounted=()
