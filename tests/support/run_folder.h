#pragma once

#include <chrono>
#include <string>

#include "tests/support/places.h"
#include "tests/support/scratch.h"
#include "tests/support/task_files.h"

namespace e2lm {

// A folder a user might have: a series of three small checkpoints, a tokenizer, a task, a manifest.
struct RunFolder {
  Scratch scratch;
  Path manifest = scratch / "sweep.yaml";

  RunFolder() {
    const Path source = source_dir();
    for (const int step : {40, 80, 120}) {
      std::filesystem::create_directories(checkpoint(step));
      std::filesystem::copy(source / "series/small-deep" / ("iter_0000" + pad(step)),
                            checkpoint(step), std::filesystem::copy_options::recursive);
    }
    std::filesystem::copy(source / "series/tokenizer", scratch / "tokenizer");
    TaskFiles().write(scratch, "tasks");
    write_file(manifest, "tasks: [" + (scratch / "tasks/colours.yaml").string() +
                             "]\n"
                             "tokenizer: tokenizer\n"
                             "series:\n"
                             "  - name: a\n"
                             "    path: a/iter_{step}\n"
                             "    steps: [40, 80, 120]\n"
                             "    tokens: {per_step: 2048}\n");
  }

  Path checkpoint(int step) const { return scratch / ("a/iter_" + std::to_string(step)); }

  // Makes the checkpoints an hour old: hashes are kept of files that are not quite new.
  void settle() const {
    const auto hour_ago = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
    for (const int step : {40, 80, 120}) {
      for (const auto& file : std::filesystem::directory_iterator(checkpoint(step))) {
        std::filesystem::last_write_time(file, hour_ago);
      }
    }
  }

 private:
  static std::string pad(int step) {
    const std::string digits = std::to_string(step);
    return std::string(3 - digits.size(), '0') + digits;
  }
};

}  // namespace e2lm
