#!/usr/bin/env bash
# The Debian package, installed on this machine as an operator would: user, folders, unit and configuration are there, the
# daemon as that user converts what is dropped, removal leaves people's documents alone, a purge takes the configuration.
# Needs root, dpkg and cargo-deb, and a machine on which hedui is not installed; skips where one of these is missing.
#
#   tests/soak/package.sh [FILES]
source "$(dirname "${BASH_SOURCE[0]}")/begin.sh"
files=${1:-20}
skip() { echo "skipped: $1"; exit 0; }
[ "$(id -u)" -eq 0 ] || skip "not root"
for tool in dpkg dpkg-deb runuser systemd-sysusers systemd-tmpfiles systemd-analyze; do
  command -v "$tool" >/dev/null || skip "no $tool"
done
cargo deb --version >/dev/null 2>&1 || skip "no cargo-deb (cargo install cargo-deb)"
! dpkg-query -W -f '${Status}' hedui 2>/dev/null | grep -q "ok installed" || skip "hedui is installed on this machine"
for place in /usr/bin/hedui /etc/hedui /var/lib/hedui; do [ ! -e "$place" ] || skip "$place is there already"; done
! getent passwd hedui >/dev/null || skip "there is a user hedui already"

# Whatever happens, the machine is as before.
leave() {
  [ -z "$daemon" ] || kill -9 "$daemon" 2>/dev/null || true
  dpkg --purge --force-all hedui >/dev/null 2>&1 || true
  rm -rf /var/lib/hedui /etc/hedui
  userdel hedui >/dev/null 2>&1 || true
  groupdel hedui >/dev/null 2>&1 || true
  daemon=
  end
}
trap leave EXIT
# A name that others may look into: the daemon's user runs from here.
chmod 755 "$folder"

(cd "$soak/../.." && cargo deb --no-build --output "$folder/hedui.deb" >"$folder/deb.log" 2>&1) || { cat deb.log; exit 1; }
echo "package: $(stat -c %s hedui.deb) bytes, $(dpkg-deb --contents hedui.deb | grep -vc '/$') files"
check() { "$@" || { echo "not so: $*"; exit 1; }; }
# Dependencies of a small machine may be missing that the daemon itself does not need.
dpkg --install --force-depends hedui.deb >dpkg.log 2>&1 || { cat dpkg.log; exit 1; }
check test -f /usr/lib/systemd/system/hedui.service
check test "$(stat -c '%U:%G %a' /etc/hedui/config.yaml)" = "root:hedui 640"
check test "$(stat -c '%U:%G %a' /var/lib/hedui)" = "hedui:hedui 750"
check test "$(stat -c '%U:%G %a' /var/lib/hedui/inbox)" = "hedui:hedui 2770"
check systemd-analyze verify --man=no /usr/lib/systemd/system/hedui.service
check runuser -u hedui -- /usr/bin/hedui validate-config /etc/hedui/config.yaml
echo "installed: unit, user, folders and configuration are as they should be"

# As the unit starts it, with its user, folder and mask.
cd /var/lib/hedui
run() { runuser -u hedui -- env -C /var/lib/hedui sh -c 'umask 0027; exec "$@"' sh "$@"; }
hedui_run() { run /usr/bin/hedui "$@" --config /etc/hedui/config.yaml; }
given="$folder/given"
mkdir "$given"
cp "$soak"/../../samples/* "$given/"
samples=$(find "$given" -type f | wc -l)
for ((number = 0; number < files; number++)); do
  printf '%s号单位2022年度部门整体支出绩效自评报告\n2022年总支出%s.42万元，其中基本支出%s.42万元。\n' \
    "$number" "$number" "$number" > "$given/$number.txt"
done
printf '%%PDF-1.7\n' > "$given/p.pdf"
install -m 0640 -o root -g hedui "$given"/* /var/lib/hedui/inbox/
hedui_run run --once >"$folder/said.log" 2>&1 || { cat "$folder/said.log"; exit 1; }
count() { find "$1" -type f -name "$2" 2>/dev/null | wc -l; }
dropped=$((samples + files + 1))
done=$(count out/records '*.json') quarantined=$(count quarantine '*.reason.json')
left=$(count inbox '*') doubled=$(cat out/reconciliation/*.jsonl | grep '"type":"document"' | grep -o '"record_id":"[^"]*"' | sort | uniq -d | wc -l)
lost=$((dropped - done - quarantined))
echo "$dropped files, $done done, $quarantined quarantined, $left left in the inbox, $lost lost, $doubled doubled, as the user $(stat -c %U out/records)"
check test "$lost $doubled $left" = "0 0 0"
check test "$(stat -c '%U' archive/inbox)" = hedui
hedui_run verify --full
hedui_run status

cd "$folder"
dpkg --remove hedui >dpkg.log 2>&1 || { cat dpkg.log; exit 1; }
check test ! -e /usr/bin/hedui
check test ! -e /usr/lib/systemd/system/hedui.service
check test -f /etc/hedui/config.yaml
dpkg --purge hedui >dpkg.log 2>&1 || { cat dpkg.log; exit 1; }
check test ! -e /etc/hedui/config.yaml
check test "$(count /var/lib/hedui/out/records '*.json')" -eq "$done"
! dpkg-query -W hedui >/dev/null 2>&1 || { echo "dpkg still knows it"; exit 1; }
echo "removed and purged: $done records are still there, nothing else of the package is"
