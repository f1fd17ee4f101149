#pragma once

// Checks of made submissions.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "harness/submission/check.h"
#include "tests/support/scratch.h"
#include "tests/support/submission_files.h"

namespace e2lm::submission {

using Status = Verdict::Status;

// A folder around everything, so that whatever is written elsewhere in it is seen.
struct Place {
  Scratch scratch;
  Path work = scratch / "deep/work";

  Place() { std::filesystem::create_directories(work); }

  std::vector<Path> tree() const {
    std::vector<Path> paths;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(scratch.folder())) {
      if (!entry.path().string().starts_with(work.string() + "/")) paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  Verdict check(const Path& path, const CheckOptions& options = {}) {
    const std::vector<Path> before = tree();
    Verdict verdict = check_submission(path, work, options).verdict;
    EXPECT_EQ(tree(), before) << "something was written outside of the scratch folder";
    return verdict;
  }

  Verdict check(const SubmissionFiles& files, const CheckOptions& options = {}) {
    std::filesystem::remove_all(work / "files");
    return check(files.write_zip(scratch / "entry.zip"), options);
  }
};

inline std::vector<std::string> codes(const std::vector<Fault>& faults) {
  std::vector<std::string> list;
  for (const Fault& fault : faults) list.push_back(fault.code);
  return list;
}

// The verdict on files has this fault and no other, with these words.
template <typename... Parts>
void expect_fault(const SubmissionFiles& files, const std::string& code, const Parts&... parts) {
  Place place;
  const Verdict verdict = place.check(files);
  EXPECT_EQ(verdict.status(), Status::invalid);
  ASSERT_THAT(codes(verdict.faults), testing::ElementsAre(code)) << verdict.faults[0].text;
  for (const std::string& part : std::vector<std::string>{std::string(parts)...}) {
    EXPECT_THAT(verdict.faults[0].text, testing::HasSubstr(part));
  }
}

}  // namespace e2lm::submission
