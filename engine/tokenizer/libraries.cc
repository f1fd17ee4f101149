#include "engine/tokenizer/libraries.h"

#define ONIG_ESCAPE_UCHAR_COLLISION  // else it takes a name of ICU's

#include <fmt/format.h>
#include <oniguruma.h>
#include <unicode/uversion.h>

#include <array>

namespace e2lm {

std::string tokenizer_libraries() {
  UVersionInfo version;
  u_getVersion(version);
  std::array<char, U_MAX_VERSION_STRING_LENGTH> icu;
  u_versionToString(version, icu.data());
  return fmt::format("ICU {}, Oniguruma {}", icu.data(), onig_version());
}

}  // namespace e2lm
