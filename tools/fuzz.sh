#!/usr/bin/env bash
# Feeds the readers of foreign files what libFuzzer makes of tests/fuzz/corpus, side by side on all
# processors, and says what was reached. Ends with 1 if anything was found: the input that shows it
# lies in build/fuzz/findings, and belongs into the corpus once it is mended.
#   tools/fuzz.sh                  every target for a minute
#   tools/fuzz.sh 600 task data    these two for ten minutes
set -euo pipefail
source "$(dirname "$(readlink -f "$0")")/setup.sh"
cd "$root"
seconds=${1:-60}
shift || true

install_missing "${build_packages[@]}" "${fuzz_packages[@]}"
build fuzz fuzzers
if [ $# -gt 0 ]; then
  targets=("$@")
else
  mapfile -t targets < <(cd build/fuzz/tests/fuzz && printf '%s\n' fuzz_* | sed 's/^fuzz_//')
fi

# fuzz_one TARGET SECONDS: one line of what was done, or the fuzzer's report.
fuzz_one() {
  local target=$1 seconds=$2 log="build/fuzz/$1.log" status=0
  local made="build/fuzz/made/$target" corpus="tests/fuzz/corpus/$target"
  local dictionary="tests/fuzz/$target.dict" options=()
  [ ! -e "$dictionary" ] || options+=("-dict=$dictionary")
  mkdir -p "$made" build/fuzz/findings
  # Far beyond what inputs this small may take: a sentence comes in milliseconds, in a few MiB.
  TMPDIR=$(memory_folder) "build/fuzz/tests/fuzz/fuzz_$target" "$made" "$corpus" "${options[@]}" \
    -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1500 -malloc_limit_mb=300 -max_len=8192 \
    -print_final_stats=1 -artifact_prefix="build/fuzz/findings/$target-" >"$log" 2>&1 || status=$?
  if [ "$status" != 0 ]; then
    grep -v '^#' "$log" | tail -n 60 >&2
    echo "fuzz: $target: found something, see above and $log" >&2
    return 1
  fi
  local runs edges
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  edges=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
  printf '%-12s %10s executions  %6s edges  nothing found\n' "$target" "$runs" "$edges"
}

# Files that live for a millisecond need no disk.
memory_folder() { if [ -w /dev/shm ]; then echo /dev/shm; else echo "${TMPDIR:-/tmp}"; fi; }

export -f fuzz_one memory_folder
printf '%s\n' "${targets[@]}" |
  xargs -P "$(nproc)" -I{} bash -c 'set -euo pipefail; fuzz_one "$@"' fuzz {} "$seconds"
