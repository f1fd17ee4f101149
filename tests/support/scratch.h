#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "base/file.h"

namespace e2lm {

// A folder of its own for one test, removed when the test ends.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "e2lm-test-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  const Path& folder() const { return folder_; }
  Path operator/(const Path& name) const { return folder_ / name; }

  // Writes a file into the folder and returns its path.
  Path write(const Path& name, std::string_view content) const {
    write_file(folder_ / name, content);
    return folder_ / name;
  }

 private:
  Path folder_;
};

}  // namespace e2lm
