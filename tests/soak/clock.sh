#!/usr/bin/env bash
# Sets the wall clock of the daemon forward by a month and back by a year, again and again for ROUNDS (default 3) rounds,
# while reports come in and what is older than 10 days would be removed; then once in a time namespace whose monotonic
# clock begins elsewhere. Nothing may be lost, removed or doubled, and no file of the log may go back. Needs a C compiler.
source "$(dirname "$0")/begin.sh"
rounds=${1:-3}
compiler=$(command -v cc || command -v gcc || command -v clang) || { echo "skipped: no C compiler"; exit 0; }
cat > clock.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
/* The wall clock, as many seconds away as the file $CLOCK_FILE says. */
int clock_gettime(clockid_t id, struct timespec *now) {
  static int (*real)(clockid_t, struct timespec *);
  if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
  int outcome = real(id, now);
  if (outcome == 0 && id == CLOCK_REALTIME && getenv("CLOCK_FILE")) {
    int file = open(getenv("CLOCK_FILE"), O_RDONLY | O_CLOEXEC);
    char text[32] = {0};
    if (file >= 0) {
      if (read(file, text, sizeof text - 1) > 0) now->tv_sec += atol(text);
      close(file);
    }
  }
  return outcome;
}
C
"$compiler" -shared -fPIC -O1 -o clock.so clock.c -ldl
printf 'inboxes:\n  - {path: in, after: move}\nquiet_window: 300ms\nrescan_interval: 1s\nretention: {archive: {age: 10d}, quarantine: {age: 10d}, superseded: {age: 10d}, log: {age: 10d}, every: 500ms}\nlog: {format: json, level: info}\n' > config.yaml
mkdir in
echo 0 > clock
CLOCK_FILE="$folder/clock" LD_PRELOAD="$folder/clock.so" start_daemon env
ledger drop in 30
ledger wait 60
first=30
for ((round = 1; round <= rounds; round++)); do
  for away in 2592000 -31536000 0; do
    ledger drop in 30 $first
    first=$((first + 30))
    echo $away > clock
    ledger wait 60
  done
done
stop_daemon
grep -q 'the clock was set' said.log || { echo "the daemon has not seen the clock being set"; exit 1; }
days=$(ls out/reconciliation | wc -l)
echo "clock set $((rounds * 3)) times; $days files of the log"
ledger count
"$hedui" verify
if unshare --time --monotonic 5000000 true 2>/dev/null; then
  ledger drop in 30 $first
  unshare --time --monotonic 5000000 --boottime 5000000 "$hedui" run --once 2>> said.log
  echo "the monotonic clock elsewhere, by a time namespace"
  ledger count
  "$hedui" verify
else
  echo "skipped: no time namespaces here"
fi
