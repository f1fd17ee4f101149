#pragma once

#include <optional>
#include <string>
#include <vector>

#include "harness/submission/git_patch.h"
#include "harness/submission/metadata.h"
#include "harness/submission/packed_files.h"
#include "harness/submission/verdict.h"

namespace e2lm::submission {

// What was handed in: an archive or a folder, at its top or in one folder there, of
//
//   evaluation.patch and metadata.yaml     the competition's: a git diff against a checkout of
//                                          lm-evaluation-harness, and which task of it counts
//   task.yaml, data, maybe metadata.yaml   ours: a task as docs/tasks.md describes it
struct Submission {
  Metadata metadata;
  std::vector<PatchedFile> patch;  // without contents; empty in a folder
  bool is_patch = false;
  Path root;    // what was unpacked or added by the patch, below the scratch folder
  Path folder;  // the part of it where task files are looked for
};

// Reads a submission and writes its files below `scratch`, metadata.yaml never; the token appears
// in none of them. Faults go to `verdict`, with what the patch touches; none is returned where
// nothing can be done with the rest. Throws Error if there is no such file or folder.
std::optional<Submission> open_submission(const Path& path, const Path& scratch, Verdict& verdict);

}  // namespace e2lm::submission
