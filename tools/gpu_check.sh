#!/usr/bin/env bash
# Checks the CUDA engine on a machine with a card, within ten minutes once it is built: the tests on
# the card, the small ones again under compute-sanitizer (memcheck, racecheck), the benchmarks, and
# lm-evaluation-harness beside it where that is installed. Ends with one table: PASS, MISS, or why
# something was not run. Exit codes: 0 nothing missed, 1 something was. What each check said is kept
# in $E2LM_LOGS, or in a folder named at the end. $E2LM_TIME_LIMIT is in seconds.
#   tools/gpu_check.sh                  build here and check
#   tools/gpu_check.sh --pack FOLDER [PYTHON]
#                                       build here, and gather what another machine needs to check;
#                                       with the version of its Python (3.12) lm-evaluation-harness,
#                                       too, if it has PyTorch and transformers but not that
#   tools/gpu_check.sh --packed FOLDER  check what was packed, without building
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
export E2LM_SOURCE_FOLDER=$PWD
card_tests='*GoldenModels*cuda*:*CudaLaws*:*CudaAttention*:*CudaLoads*'
card_tests+=':*CudaLogprobs*:*CudaSpoiled*'
small_tests='*GoldenModels*cuda_falcon_h1_gated_norm_groups:*GoldenModels*cuda_llama_gqa'
# In waves, so that states, keys and inputs are kept, and found again.
small_tests+=':*CudaLaws.Order*/falcon_h1_gated_norm_groups_bfloat16'
programs=(tests/engine/engine_tests tests/bench/cuda_bench harness/e2lm)
# What lm-evaluation-harness loads for log-likelihoods beyond PyTorch, transformers and theirs.
peer_packages=(lm_eval datasets dill multiprocess)
time_limit=${E2LM_TIME_LIMIT:-580} # seconds in all: the table must come within ten minutes

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
  local staging program library cuda
  staging=$(mktemp -d)
  mkdir -p "$1" "$staging/lib"
  for program in "${programs[@]}"; do
    strip -o "$staging/$(basename "$program")" "build/release/$program"
    ldd "build/release/$program" | awk '$3 ~ /^\// {print $3}'
  done | sort -u | while read -r library; do
    case $(basename "$library") in
      # The C library's own parts only work together.
      libc.so.* | libm.so.* | libdl.so.* | librt.so.* | libpthread.so.* | libresolv.so.*) ;;
      libanl.so.* | libnsl.so.1 | libutil.so.* | libmvec.so.*) ;;
      *) cp -L "$library" "$staging/lib/" ;;
    esac
  done
  if [ -n "${2:-}" ]; then
    PIP_ROOT_USER_ACTION=ignore python3 -m pip install --quiet --disable-pip-version-check \
      --no-compile --no-deps --only-binary=:all: --python-version "$2" --target "$staging/python" \
      "${peer_packages[@]}"
  fi
  # The three programs have much in common, which one dictionary holds: 16 % less.
  XZ_OPT='--x86 --lzma2=preset=9,dict=128MiB' tar -cJf "$1/gpu_check.tar.xz" -C "$staging" .
  rm -r "$staging"
  du -sh "$1" >&2
  cuda=$(sed -n 's/^set(CMAKE_CUDA_COMPILER_VERSION "\([0-9]*\).*/\1/p' \
    build/release/CMakeFiles/*/CMakeCUDACompiler.cmake | tail -1)
  say "It needs cuBLASLt of CUDA $cuda (libcublasLt.so.$cuda), a driver for CUDA $cuda or later," \
    "and $(getconf GNU_LIBC_VERSION) or later."
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

# Each is said at once, too, for the case that something ends the script before its table.
verdicts=()
verdict() { # what, PASS or MISS or not run, and anything about it
  verdicts+=("| $1 | $2 | ${3:-} |")
  echo "${verdicts[-1]}"
}

seconds_left() {
  echo $((time_limit - SECONDS + started))
}

# The first test in $log that failed, or that was running when the program ended.
first_failed() {
  awk '$1 != "[" {next} $2 == "RUN" {test = $4} $2 == "OK" || $2 == "SKIPPED" {test = ""}
    $2 == "FAILED" {exit} END {print test}' "$log"
}

# What of $log goes to the screen: the end, and where a command failed the beginning, because after
# a kernel's error every other test fails, too.
show() { # exit status
  local said
  said=$(grep -vE '^\[( RUN      |       OK |  SKIPPED |----------)\]' "$log") || true
  if (($1 == 0 || $(wc -l <<<"$said") <= 60)); then
    tail -60 <<<"$said"
  else
    head -40 <<<"$said"
    echo "[..] all of it: $log"
    tail -20 <<<"$said"
  fi
}

# Runs a command for so many seconds at most, fewer where the time limit is near, and gives its
# verdict, which is left in $outcome; $log is the file that its output went to.
judge() { # what, seconds, command..
  local what=$1 seconds=$2 status=0 failed refusal left
  left=$(seconds_left)
  shift 2
  echo "== $what"
  log=$logs/${what//[^[:alnum:].-]/_}.log outcome='not run'
  : >"$log"
  if ((left <= 0)); then
    verdict "$what" 'not run' "no time left of $time_limit s"
    return
  fi
  seconds=$((seconds < left ? seconds : left))
  timeout -k 5 "$seconds" "$@" >"$log" 2>&1 || status=$?
  show "$status"
  # A program whose tests all failed says that none passed, too, but ends with another code.
  if ((status == 0)) && grep -qE '^\[  PASSED  \] 0 tests|^Nothing to measure' "$log"; then
    no_card=$(grep -m 1 -iE 'card|driver' "$log") || true
    verdict "$what" 'not run' "$no_card"
    return
  fi
  # compute-sanitizer's word that it cannot look, at this card or from within this system, whatever
  # the program did then.
  if refusal=$(grep -m 1 -iE '^=+ .*device (is )?not supported' "$log"); then
    verdict "$what" 'not run' "$(sed 's/^[= ]*//' <<<"$refusal")"
    return
  fi
  case $status in
    0) outcome=PASS ;;
    124 | 137) outcome='not finished' ;;
    *) outcome=MISS ;;
  esac
  failed=$(first_failed)
  case $outcome in
    PASS) verdict "$what" PASS "$(grep '^\[  PASSED' "$log")" ;;
    MISS) verdict "$what" MISS "exit code $status${failed:+, first $failed}" ;;
    *) verdict "$what" "$outcome" "within $seconds s${failed:+, then in $failed}" ;;
  esac
}

# What a kernel did wrong is told at some later call, unless each launch is waited for: the first
# test that failed is run once more so, in a process that nothing went wrong in before.
check_tests() {
  local failed
  ours 'tests on the card' 150 "$bin/engine_tests" --gtest_filter="$card_tests"
  failed=$(first_failed)
  if [ "$outcome" = MISS ] && [ -n "$failed" ]; then
    ours 'the first that failed, alone' 60 env CUDA_LAUNCH_BLOCKING=1 \
      "$bin/engine_tests" --gtest_filter="$failed"
  fi
}

# racecheck looks at our kernels alone, by their namespace: those of cuBLASLt take it long, and are
# not ours to correct. The option has had another name before CUDA 12.3.
check_memory() {
  local sanitizer tool option only
  sanitizer=$(command -v compute-sanitizer || echo /usr/local/cuda/bin/compute-sanitizer)
  for tool in memcheck racecheck; do
    if [ -n "$no_card" ]; then
      verdict "$tool" 'not run' "$no_card"
    elif [ ! -x "$sanitizer" ]; then
      verdict "$tool" 'not run' 'compute-sanitizer is not installed'
    else
      only=()
      if [ "$tool" = racecheck ]; then
        option=$(timeout -k 5 30 "$sanitizer" --help | grep -oE -e '--kernel-(name|regex)' |
          sort | head -1) || true
        only=(${option:+"$option" kns=e2lm})
      fi
      ours "$tool" 70 "$sanitizer" --tool "$tool" "${only[@]}" --error-exitcode 9 \
        "$bin/engine_tests" --gtest_filter="$small_tests"
    fi
  done
}

check_peer() {
  local missing=''
  local program=$bin/e2lm_with_libraries
  printf '#!/bin/sh\nLD_LIBRARY_PATH="%s" exec "%s/e2lm" "$@"\n' "$libraries" "$bin" >"$program"
  chmod +x "$program"
  local needed='import lm_eval, torch, transformers
assert torch.cuda.is_available(), "torch finds no card"'
  local shots least ratio left with=(env "PYTHONPATH=$bin/python${PYTHONPATH:+:$PYTHONPATH}" python3)
  left=$(seconds_left) # loading torch alone can take half a minute
  if ((left <= 0)) || ! missing=$(timeout -k 5 "$left" "${with[@]}" -c "$needed" 2>&1); then
    missing=$(tail -1 <<<"${missing:-no time left of $time_limit s}")
    verdict 'lm-evaluation-harness beside it' 'not run' "$missing"
    return
  fi
  while read -r shots least; do
    judge "scores as lm-evaluation-harness has them, $shots-shot" 150 "${with[@]}" \
      tools/bench_peers.py --device cuda --geometry falcon-h1-0.5b --tokenizer series/tokenizer \
      --seconds 15 --repeats 1 --task tasks/library/wordnet/wordnet_kinds.yaml \
      --num_fewshot "$shots" --program "$program" </dev/null
    ratio=$(sed -n 's/^ *ratio \([0-9.]*\).*/\1/p' "$log")
    if [ -n "$ratio" ]; then
      verdict "times lm-evaluation-harness, $shots-shot (at least $least)" \
        "$(awk "BEGIN {print ($ratio >= $least) ? \"PASS\" : \"MISS\"}")" "$ratio"
    fi
  done <<<$'0 10\n5 30'
}

check() {
  bin=$(readlink -f "$1") logs=${E2LM_LOGS:-$(mktemp -d)} no_card='' started=$SECONDS
  mkdir -p "$logs"
  timeout -k 5 30 nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader ||
    true
  check_tests
  check_memory
  local geometry seconds
  while read -r geometry seconds; do
    ours "benchmark $geometry" "$seconds" "$bin/cuda_bench" "$geometry" </dev/null
    mapfile -t -O "${#verdicts[@]}" verdicts < <(
      sed -n 's/^\(| .* |\) \([^|]*\) | \(PASS\|MISS\) |$/\1 \3 | \2 |/p' "$log"
    )
  done <<<$'falcon-h1-0.5b 80\nfalcon-h1-1.5b 90\nfalcon-h1-3b 120'
  check_peer
  printf '\n| checked | | |\n|---|---|---|\n'
  printf '%s\n' "${verdicts[@]}" '' "Logs: $logs"
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
    sed -n '2,14s/^# \{0,1\}//p' "$0"
    exit 2
    ;;
esac
