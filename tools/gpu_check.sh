#!/usr/bin/env bash
# Checks the CUDA engine on a machine with a card and prints one table, within ten minutes:
# builds, runs the tests on the card, the small ones again under compute-sanitizer (memcheck,
# racecheck), then the benchmarks.
#   tools/gpu_check.sh                 build here and check
#   tools/gpu_check.sh --pack FOLDER   build here, and gather what another machine needs to check
#   tools/gpu_check.sh --packed FOLDER check what was packed, without building
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
export E2LM_SOURCE_FOLDER=$PWD
card_tests='*GoldenModels*cuda*:*CudaLaws*:*CudaErrors*'
small_tests='*GoldenModels*cuda_falcon_h1_gated_norm_groups:*GoldenModels*cuda_llama_gqa'
programs=(tests/engine/engine_tests tests/bench/cuda_bench)

build_programs() {
  source tools/setup.sh
  build release engine_tests cuda_bench
}

# Programs and the libraries that are not part of every system.
pack() {
  build_programs
  mkdir -p "$1/lib"
  local program library
  for program in "${programs[@]}"; do
    strip -o "$1/$(basename "$program")" "build/release/$program"
    ldd "build/release/$program" | awk '$3 ~ /^\// {print $3}'
  done | sort -u | while read -r library; do
    case $(basename "$library") in
      libc.so.* | libm.so.* | libdl.so.* | librt.so.* | libpthread.so.* | libcublas*) ;;
      *) cp -L "$library" "$1/lib/" ;;
    esac
  done
  du -sh "$1" >&2
}

check() {
  local bin=$1 log
  log=$(mktemp -d)
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || true
  echo "== tests"
  "$bin/engine_tests" --gtest_filter="$card_tests" --gtest_brief=1 | tee "$log/tests" | tail -40
  local sanitizer
  sanitizer=$(command -v compute-sanitizer || echo /usr/local/cuda/bin/compute-sanitizer)
  if [ -x "$sanitizer" ]; then
    local tool
    for tool in memcheck racecheck; do
      echo "== $tool"
      timeout 120 "$sanitizer" --tool "$tool" --error-exitcode 9 \
        "$bin/engine_tests" --gtest_filter="$small_tests" --gtest_brief=1 2>&1 | tail -5 ||
        echo "$tool did not pass (or took longer than 120 s)"
    done
  else
    echo "compute-sanitizer is not installed: memcheck and racecheck were not run"
  fi
  echo "== benchmarks"
  "$bin/cuda_bench"
}

case ${1:-} in
  --pack) pack "$2" ;;
  --packed)
    export LD_LIBRARY_PATH=$2/lib:/usr/local/cuda/lib64:${LD_LIBRARY_PATH:-}
    check "$2"
    ;;
  '')
    build_programs
    bin=$(mktemp -d)
    for program in "${programs[@]}"; do ln -s "$PWD/build/release/$program" "$bin/"; done
    check "$bin"
    ;;
  *)
    sed -n '2,8s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
