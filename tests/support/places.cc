#include "tests/support/places.h"

#include <cstdlib>

namespace e2lm {

const Path& source_dir() {
  static const char* named = std::getenv("E2LM_SOURCE_FOLDER");
  static const Path path = named ? named : E2LM_SOURCE_DIR;
  return path;
}

const Path& program_path() {
  static const Path path = E2LM_PROGRAM;
  return path;
}

}  // namespace e2lm
