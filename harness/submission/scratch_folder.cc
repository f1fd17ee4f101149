#include "harness/submission/scratch_folder.h"

#include <unistd.h>

#include <cstdlib>

#include "base/error.h"

namespace e2lm::submission {

ScratchFolder::ScratchFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "e2lm-submission-XXXXXX").string();
  if (!::mkdtemp(name.data())) throw Error(name, "a temporary folder cannot be made");
  path_ = std::filesystem::canonical(name);
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace e2lm::submission
