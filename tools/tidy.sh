#!/usr/bin/env bash
# Runs clang-tidy over the sources of the release build, on all processors. Files that passed before
# and have not changed since, headers included, are not looked at again; files that this build leaves
# out (those of CUDA, or what stands for them) have no flags to be read with.
set -euo pipefail
cd "$(dirname "$0")/.."
passed=build/release/tidy
mkdir -p "$passed"
headers=$(git ls-files '*.h' .clang-tidy | xargs cat | sha256sum)
tidy_one() {
  local key
  grep -qF "/$1\"" build/release/compile_commands.json || return 0
  key=$(printf '%s' "$1 $headers" | cat - "$1" | sha256sum | cut -c1-40)
  [ -e "$passed/$key" ] && return 0
  clang-tidy --quiet -p build/release "$1" 2>/dev/null || { echo "clang-tidy: $1" >&2; return 1; }
  touch "$passed/$key"
}
export -f tidy_one
export headers passed
git ls-files '*.cc' ':!tests' | xargs -P "$(nproc)" -I{} bash -c 'tidy_one {}'
