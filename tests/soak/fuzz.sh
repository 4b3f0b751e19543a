#!/usr/bin/env bash
# Fuzzes every reader and the grammars, SECONDS_EACH (default 120) each, from the samples as a start.
# Needs cargo-fuzz (`cargo install cargo-fuzz`) and a nightly toolchain; says so and stops where they are missing.
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=${1:-120}
if ! cargo fuzz --version >/dev/null 2>&1 || ! cargo +nightly --version >/dev/null 2>&1; then
  echo "skipped: cargo-fuzz or a nightly toolchain is missing"
  exit 0
fi

# Starts: whole files for the source, pages and texts for their own readers, the parts within packages.
seed() {
  local target=$1
  shift
  mkdir -p "fuzz/corpus/$target"
  cp "$@" "fuzz/corpus/$target/"
}
seed source samples/*
seed html samples/*.html tests/fixtures/encodings/*
seed text samples/*.txt
seed grammar samples/*.txt
for format in docx:word/document.xml xlsx:xl/worksheets/sheet1.xml; do
  target=${format%%:*} part=${format#*:}
  mkdir -p "fuzz/corpus/$target"
  for file in samples/*."$target"; do
    python3 -c 'import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))' \
      "$file" "$part" > "fuzz/corpus/$target/$(basename "$file").xml"
  done
done

for target in source docx xlsx html text grammar; do
  echo "== $target, $seconds s"
  cargo +nightly fuzz run "$target" -- -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=25 -max_len=65536 -print_final_stats=1
done
