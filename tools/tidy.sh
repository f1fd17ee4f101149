#!/usr/bin/env bash
# Runs clang-tidy over the sources of the release build, on all processors. Files that passed before
# and have not changed since, nor any header of the project that they read, are not looked at again;
# files that this build leaves out (those of CUDA, or what stands for them) have no flags to be read
# with.
set -euo pipefail
cd "$(dirname "$0")/.."
passed=build/release/tidy
mkdir -p "$passed"

# What each source is made of, as the compiler saw it: its path, then the project's headers it reads.
ninja -C build/release -t deps | awk '
  /^[^ ].*#deps/ { if (line != "") print line; line = ""; next }
  /^    \.\.\/\.\.\// { line = line (line == "" ? "" : " ") substr($1, 7) }
  END { if (line != "") print line }' >"$passed/read"

tidy_one() {
  local key
  grep -qF "/$1\"" build/release/compile_commands.json || return 0
  key=$({ echo "$1"; cat .clang-tidy "$1"; grep -m1 "^$1\( \|$\)" "$passed/read" | xargs cat; } |
    sha256sum | cut -c1-40)
  [ -e "$passed/$key" ] && return 0
  clang-tidy --quiet -p build/release "$1" 2>/dev/null || { echo "clang-tidy: $1" >&2; return 1; }
  touch "$passed/$key"
}
export -f tidy_one
export passed
git ls-files '*.cc' ':!tests' | xargs -P "$(nproc)" -I{} bash -c 'set -euo pipefail; tidy_one {}'
