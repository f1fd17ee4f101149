#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/submission/judge.h"
#include "harness/submission/submitted_task.h"

namespace e2lm::submission {

struct CheckOptions {
  int64_t least_samples = 100, most_samples = 15'000;  // the competition's rules
  // Of the shares below the competition has published none; these are ours.
  double most_share = 0.05;     // of items that leak, are repeated, overlap, or are example rows
  double least_accepted = 0.5;  // of the judge's sample
  std::vector<Path> against;    // texts to search for the items
  NativeMetrics native;
  std::optional<JudgeOptions> judge;
  std::function<bool()> stop;
  // Called once the submission's name, sha256 and metadata are known and nothing is checked yet;
  // may throw.
  std::function<void(const Verdict&)> opened;
};

// A checked submission; its task where it has one that can be run.
struct Checked {
  Verdict verdict;
  std::optional<SubmittedTask> task;
  Secret token;
};

// Unpacks a submission below `scratch`, an empty folder of the caller's alone, and checks it. What
// is wrong with the submission is in the verdict; throws Error for what is the user's: no such
// file, a text that cannot be read, an unknown native metric. Texts of the verdict name files from
// the submission's root and hold no token.
Checked check_submission(const Path& path, const Path& scratch, const CheckOptions& options);

// Takes the scratch folder's name and the token out of every text of a verdict.
void clean(Verdict& verdict, const Path& root, const Secret& token);

}  // namespace e2lm::submission
