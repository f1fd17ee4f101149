#!/usr/bin/env bash
# Runs clang-tidy over the sources of the release build, on all processors. Files that passed before
# and have not changed since, nor any header of the project that they read, are not looked at again,
# in no copy of the tree: what passed is noted in the user's cache folder, for a month. Files that
# this build leaves out (those of CUDA, or what stands for them) have no flags to be read with.
set -euo pipefail
cd "$(dirname "$0")/.."
passed=${XDG_CACHE_HOME:-$HOME/.cache}/e2lm/tidy
mkdir -p "$passed"
find "$passed" -type f -mtime +30 -delete
version=$(clang-tidy --version)
read_by=build/release/headers_read

# What each source is made of, as the compiler saw it: its path, then the project's headers it reads.
# Paths stand there from the build's folder or, where the compiler was called otherwise, from the root.
ninja -C build/release -t deps | awk -v here="$PWD/" '
  /^[^ ].*#deps/ { if (line != "") print line; line = ""; next }
  { sub(/^ +/, ""); if (index($0, here) == 1) $0 = "../../" substr($0, length(here) + 1) }
  /^\.\.\/\.\.\// { line = line (line == "" ? "" : " ") substr($1, 7) }
  END { if (line != "") print line }' >"$read_by"

tidy_one() {
  local key files
  grep -qF "/$1\"" build/release/compile_commands.json || return 0
  files=$(grep -m1 "^$1\( \|$\)" "$read_by") || { echo "clang-tidy: $1: not built" >&2; return 1; }
  key=$({ echo "$version $1"; xargs cat .clang-tidy <<<"$files"; } | sha256sum | cut -c1-40)
  [ ! -e "$passed/$key" ] || { touch "$passed/$key"; return 0; }
  clang-tidy --quiet -p build/release "$1" 2>/dev/null || { echo "clang-tidy: $1" >&2; return 1; }
  touch "$passed/$key"
}
export -f tidy_one
export passed version read_by
git ls-files '*.cc' ':!tests' | xargs -P "$(nproc)" -I{} bash -c 'set -euo pipefail; tidy_one {}'
