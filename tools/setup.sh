# Shared by ./e2lm and ./check: installs Debian packages that are missing and builds. Sourced, not run.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

build_packages=(g++ cmake ninja-build ccache libeigen3-dev libdnnl-dev nlohmann-json3-dev
  libyaml-dev libfmt-dev libboost-program-options-dev libsqlite3-dev libssl-dev zlib1g-dev
  libicu-dev libonig-dev libcurl4-openssl-dev libarchive-dev libjs-chart.js)
test_packages=(libgtest-dev libgmock-dev libbenchmark-dev libboost-context-dev clang-format
  clang-tidy libomp-dev
  chromium slurm-wlm munge bindfs)
fuzz_packages=(clang libclang-rt-dev)

# What one checkout has compiled serves the others: paths below it are hashed without it.
export CCACHE_BASEDIR="${CCACHE_BASEDIR:-$root}" CCACHE_NOHASHDIR="${CCACHE_NOHASHDIR:-1}"
export CCACHE_SLOPPINESS="${CCACHE_SLOPPINESS:-pch_defines,time_macros,include_file_mtime,include_file_ctime,locale}"

say() { printf '%s\n' "$*" >&2; }

# install_missing PACKAGE...: apt, asking first on a terminal; nothing to do costs a few milliseconds.
install_missing() {
  local missing=() package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  local apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -y)
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
      say "These packages are missing and only root can install them:"
      say "  apt-get install ${missing[*]}"
      exit 2
    fi
    apt=(sudo "${apt[@]}")
  fi
  say "Missing packages: ${missing[*]}"
  if [ -t 0 ] && [ -t 2 ]; then
    read -r -p "Install them with apt? [Y/n] " answer >&2
    case "$answer" in [nN]*) exit 2 ;; esac
  fi
  local log
  log=$(mktemp)
  if ! { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "${missing[@]}"; } \
      >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    say "apt could not install them; see above."
    exit 2
  fi
  rm -f "$log"
}

# configure PRESET TESTS: tests are ON or OFF; they need packages that the program does not.
configure() {
  local log
  log=$(mktemp)
  say "Configuring $1 ..."
  (cd "$root" && cmake --preset "$1" "-DE2LM_TESTS=$2") >"$log" 2>&1 || { cat "$log" >&2; exit 2; }
  rm -f "$log"
}

# build PRESET TARGET...: configures once, then builds; silent when there is nothing to do. All
# targets but e2lm and fuzzers are there only with the tests.
build() {
  local folder="$root/build/$1" preset=$1
  shift
  if [ "$*" != e2lm ] && [ "$*" != fuzzers ]; then
    grep -qs 'E2LM_TESTS:BOOL=ON' "$folder/CMakeCache.txt" || configure "$preset" ON
  elif [ ! -e "$folder/build.ninja" ]; then
    configure "$preset" OFF
  fi
  if ninja -C "$folder" -n "$@" | grep -q 'no work to do'; then return 0; fi
  say "Building $preset (some minutes the first time) ..."
  if [ -t 2 ]; then
    ninja -C "$folder" "$@" >&2 || exit 2
  else
    ninja -C "$folder" --quiet "$@" >&2 || exit 2
  fi
}
