#include "harness/submission/git_patch.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/targets.h"

namespace e2lm::fuzz {

void patch(std::string_view file) {
  allow_errors([&] { submission::read_git_patch(file, "upload.patch"); });
}

}  // namespace e2lm::fuzz
