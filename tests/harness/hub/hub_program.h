#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "harness/results/results.h"
#include "reports/table.h"
#include "tests/support/made_hub.h"
#include "tests/support/places.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"
#include "tests/support/task_files.h"

namespace e2lm {

inline constexpr const char* kToken = "hf_tokenOfTheProgramsTest";
inline const std::vector<int> kSteps = {40, 80, 120, 160};

inline Path bundled(int step) {
  const std::string digits = std::to_string(step);
  return source_dir() / "series/small-deep" /
         ("iter_" + std::string(7 - digits.size(), '0') + digits);
}

// Four bundled checkpoints as subfolders of a repository, and as revisions of another.
class HubProgramTest : public testing::Test {
 protected:
  HubProgramTest() {
    hub_.token = kToken;
    const Path tokenizer = source_dir() / "series/tokenizer/tokenizer.json";
    hub_.add("org/sub", "main", "tokenizer.json", read_file(tokenizer), false);
    for (const int step : kSteps) {
      hub_.add_checkpoint("org/sub", "main", "iter_" + std::to_string(step), bundled(step));
      const std::string revision = "step" + std::to_string(step);
      hub_.add_checkpoint("org/rev", revision, "", bundled(step));
      hub_.add("org/rev", revision, "tokenizer.json", read_file(tokenizer), false);
    }
    bytes_ = static_cast<int64_t>(std::filesystem::file_size(bundled(40) / "model.safetensors"));
    TaskFiles().write(scratch_, "tasks");
    write_manifest("hub: org/sub, subfolder: 'iter_{step}'");
  }

  void write_manifest(const std::string& place) {
    scratch_.write("sweep.yaml", "tasks: [" + (scratch_ / "tasks/colours.yaml").string() +
                                     "]\nseries:\n  - {name: a, " + place +
                                     ", steps: [40, 80, 120, 160], tokens: {per_step: 2048}}\n");
  }

  ProgramCall call(std::vector<std::string> words) {
    return {.arguments = std::move(words),
            .folder = scratch_.folder(),
            .environment = hub_.environment(scratch_ / "hf")};
  }

  ProgramResult run(std::vector<std::string> words) {
    const ProgramResult result = run_program(call(std::move(words)));
    EXPECT_THAT(result.output + result.errors, testing::Not(testing::HasSubstr(kToken)));
    EXPECT_THAT(result.output + result.errors, testing::Not(testing::HasSubstr("s3cr3t")));
    return result;
  }

  // Scores and states, without times and folders.
  static Json results(const Path& run_folder) {
    Json json = report_json(load_report(Store::open_existing(run_folder / "store.sqlite")));
    for (Json& cell : json["cells"]) cell.erase("seconds");
    return json;
  }

  // What a sweep of the same checkpoints as local folders gives.
  Json plain_results() {
    std::filesystem::create_directories(scratch_ / "local");
    for (const int step : kSteps) {
      std::filesystem::copy(bundled(step), scratch_ / ("local/iter_" + std::to_string(step)),
                            std::filesystem::copy_options::recursive);
    }
    const std::string manifest = read_file(scratch_ / "sweep.yaml");
    write_manifest("path: 'local/iter_{step}', tokenizer: " + source_dir().string() +
                   "/series/tokenizer");
    EXPECT_EQ(run({"sweep", "sweep.yaml", "-o", "plain", "-q"}).exit_code, 0);
    scratch_.write("sweep.yaml", manifest);
    return results(scratch_ / "plain");
  }

  int weights_sent() const {
    int count = 0;
    for (const ServedRequest& request : hub_.store().requests()) count += request.method == "GET";
    return count;
  }

  int blobs_of_weights() const {
    int count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch_ / "hf")) {
      count += entry.path().parent_path().filename() == "blobs" &&
               entry.path().filename().string().size() == 64;
    }
    return count;
  }

  void expect_no_token_on_disk() {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch_.folder())) {
      if (!entry.is_regular_file()) continue;
      EXPECT_THAT(read_file(entry.path()), testing::Not(testing::HasSubstr(kToken)))
          << entry.path();
    }
    for (const ServedRequest& request : hub_.store().requests()) {
      EXPECT_EQ(request.header("authorization"), "");
    }
  }

  Scratch scratch_;
  MadeHub hub_;
  int64_t bytes_ = 0;  // of a checkpoint's weights
};

}  // namespace e2lm
