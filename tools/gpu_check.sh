#!/usr/bin/env bash
# Checks the CUDA engine on a machine with a card, within ten minutes once it is built: the tests on
# the card, the small ones again under compute-sanitizer (memcheck, racecheck), the benchmarks, and
# lm-evaluation-harness beside it where that is installed. Ends with one table: PASS, MISS, or why
# something was not run. Exit codes: 0 nothing missed, 1 something was.
#   tools/gpu_check.sh                  build here and check
#   tools/gpu_check.sh --pack FOLDER [PYTHON]
#                                       build here, and gather what another machine needs to check;
#                                       with the version of its Python (3.12) lm-evaluation-harness,
#                                       too, if it has PyTorch and transformers but not that
#   tools/gpu_check.sh --packed FOLDER  check what was packed, without building
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
export E2LM_SOURCE_FOLDER=$PWD
card_tests='*GoldenModels*cuda*:*CudaLaws*:*CudaErrors*'
small_tests='*GoldenModels*cuda_falcon_h1_gated_norm_groups:*GoldenModels*cuda_llama_gqa'
programs=(tests/engine/engine_tests tests/bench/cuda_bench harness/e2lm)
# What lm-evaluation-harness loads for log-likelihoods beyond PyTorch, transformers and theirs.
peer_packages=(lm_eval datasets dill multiprocess)
time_limit=580 # seconds in all: the table must come within ten minutes

build_programs() {
  # shellcheck source=tools/setup.sh
  source tools/setup.sh
  install_missing "${build_packages[@]}" "${test_packages[@]}"
  build release engine_tests cuda_bench e2lm
}

# Programs and the libraries that are not part of every system, in one archive. Of CUDA the runtime
# is in the programs; cuBLASLt is opened when needed, from the machine that has the card.
pack() {
  build_programs
  local staging program library
  staging=$(mktemp -d)
  mkdir -p "$1" "$staging/lib"
  for program in "${programs[@]}"; do
    strip -o "$staging/$(basename "$program")" "build/release/$program"
    ldd "build/release/$program" | awk '$3 ~ /^\// {print $3}'
  done | sort -u | while read -r library; do
    case $(basename "$library") in
      libc.so.* | libm.so.* | libdl.so.* | librt.so.* | libpthread.so.*) ;;
      *) cp -L "$library" "$staging/lib/" ;;
    esac
  done
  if [ -n "${2:-}" ]; then
    PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check \
      --no-compile --no-deps --only-binary=:all: --python-version "$2" --target "$staging/python" \
      "${peer_packages[@]}"
  fi
  XZ_OPT=-T0 tar -cJf "$1/gpu_check.tar.xz" -C "$staging" .
  rm -r "$staging"
  du -sh "$1" >&2
}

# Not every system with a card has xz, but Python reads it, too.
unpack() { # archive, folder
  if command -v xz >/dev/null; then tar -xJf "$1" -C "$2"; else python3 -m tarfile -e "$1" "$2"; fi
}

# Where cuBLASLt lies if not on the loader's path: with the toolkit, or with PyTorch.
blas_folders() {
  local packages
  packages=$(python3 -c 'import sysconfig; print(sysconfig.get_path("purelib"))' 2>/dev/null) || true
  find /usr/local/cuda*/ ${packages:+"$packages/nvidia"} -name 'libcublasLt.so*' -printf '%h\n' \
    2>/dev/null | sort -u | paste -sd: || true
}

libraries=${LD_LIBRARY_PATH:-} # of our programs alone: others want their own
ours() { # as judge, for a program of ours
  local what=$1 seconds=$2
  shift 2
  judge "$what" "$seconds" env "LD_LIBRARY_PATH=$libraries" "$@"
}

verdicts=()
verdict() { # what, PASS or MISS or not run, and anything about it
  verdicts+=("| $1 | $2 | ${3:-} |")
}

# Runs a command for so many seconds at most, fewer where the time limit is near, and gives its
# verdict. Output goes to the screen and to $log.
judge() { # what, seconds, command..
  local what=$1 seconds=$2 status=0 left=$((time_limit - SECONDS + started))
  shift 2
  echo "== $what"
  : >"$log"
  if ((left <= 0)); then
    verdict "$what" 'not run' "no time left of $time_limit s"
    return
  fi
  seconds=$((seconds < left ? seconds : left))
  timeout -k 5 "$seconds" "$@" 2>&1 | tee "$log" | tail -60 || status=$?
  if grep -qE '^\[  PASSED  \] 0 tests|^Nothing to measure' "$log"; then
    verdict "$what" 'not run' "$(grep -m 1 -iE 'card|driver' "$log")"
    return
  fi
  case $status in
    0) verdict "$what" PASS "$(grep '^\[  PASSED' "$log")" ;;
    124 | 137) verdict "$what" 'not finished' "within $seconds s" ;;
    *) verdict "$what" MISS "exit code $status" ;;
  esac
}

check_memory() {
  local sanitizer tool
  sanitizer=$(command -v compute-sanitizer || echo /usr/local/cuda/bin/compute-sanitizer)
  for tool in memcheck racecheck; do
    if [ -x "$sanitizer" ]; then
      ours "$tool" 70 "$sanitizer" --tool "$tool" --error-exitcode 9 \
        "$bin/engine_tests" --gtest_filter="$small_tests" --gtest_brief=1
    else
      verdict "$tool" 'not run' 'compute-sanitizer is not installed'
    fi
  done
}

check_peer() {
  local missing
  printf '#!/bin/sh\nLD_LIBRARY_PATH="%s" exec "%s/e2lm" "$@"\n' "$libraries" "$bin" >"$log.e2lm"
  chmod +x "$log.e2lm"
  local needed='import lm_eval, torch, transformers
assert torch.cuda.is_available(), "torch finds no card"'
  local shots least ratio with=(env "PYTHONPATH=$bin/python${PYTHONPATH:+:$PYTHONPATH}" python3)
  if ! missing=$("${with[@]}" -c "$needed" 2>&1); then
    verdict 'lm-evaluation-harness beside it' 'not run' "$(tail -1 <<<"$missing")"
    return
  fi
  while read -r shots least; do
    judge "scores as lm-evaluation-harness has them, $shots-shot" 120 "${with[@]}" \
      tools/bench_peers.py --device cuda --geometry falcon-h1-0.5b --tokenizer series/tokenizer \
      --limit 100 --repeats 1 --task tasks/library/wordnet/wordnet_kinds.yaml \
      --num_fewshot "$shots" --program "$log.e2lm" </dev/null
    ratio=$(sed -n 's/^ *ratio \(at least \)\{0,1\}\([0-9.]*\).*/\2/p' "$log")
    if [ -n "$ratio" ]; then
      verdict "times lm-evaluation-harness, $shots-shot (at least $least)" \
        "$(awk "BEGIN {print ($ratio >= $least) ? \"PASS\" : \"MISS\"}")" "$ratio"
    fi
  done <<<$'0 10\n5 30'
}

check() {
  bin=$(readlink -f "$1") log=$(mktemp) started=$SECONDS
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader || true
  ours 'tests on the card' 150 "$bin/engine_tests" --gtest_filter="$card_tests" --gtest_brief=1
  check_memory
  local geometry seconds
  while read -r geometry seconds; do
    ours "benchmark $geometry" "$seconds" "$bin/cuda_bench" "$geometry" </dev/null
    mapfile -t -O "${#verdicts[@]}" verdicts < <(
      sed -n 's/^\(| .* |\) \([^|]*\) | \(PASS\|MISS\) |$/\1 \3 | \2 |/p' "$log"
    )
  done <<<$'falcon-h1-0.5b 60\nfalcon-h1-1.5b 90\nfalcon-h1-3b 120'
  check_peer
  printf '\n| checked | | |\n|---|---|---|\n'
  printf '%s\n' "${verdicts[@]}"
  ! printf '%s\n' "${verdicts[@]}" | grep -q '| MISS |'
}

case ${1:-} in
  --pack) pack "$2" "${3:-}" ;;
  --packed)
    folder=$(mktemp -d)
    unpack "$2/gpu_check.tar.xz" "$folder"
    libraries=$folder/lib:$(blas_folders):$libraries
    check "$folder"
    ;;
  '')
    build_programs
    folder=$(mktemp -d)
    for program in "${programs[@]}"; do ln -s "$PWD/build/release/$program" "$folder/"; done
    check "$folder"
    ;;
  *)
    sed -n '2,13s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
