#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/manifest/manifest.h"

namespace e2lm {

// A folder into which a training run writes checkpoints, a folder each (`step-1000`,
// `checkpoint-500`, `iter_0002000`): one series, named after the folder. Or whose folders are such
// folders: a series each, named after them and ranked against each other. What it holds may come
// and go at any time; a series that was seen once stays.
class WatchedFolder {
 public:
  struct Options {
    std::optional<StepPattern> pattern;  // of checkpoints below a series' folder; none: by names
    Path tokenizer;                      // empty: with the checkpoints or above them
    double tokens_per_step = 0;          // 0: not known
  };

  // Throws Error if the path is a file.
  WatchedFolder(const Path& folder, Options options);

  const Path& path() const { return folder_; }  // absolute
  // Of the training run: the folder's name, or its parent's where that says nothing
  // ("my-model/checkpoints").
  const std::string& name() const { return name_; }
  // One that no other folder has: "my-model-1a2b3c4d".
  std::string unique_name() const;

  // The series that are there now. Throws Error if the names of the checkpoints' folders fit
  // several patterns.
  std::vector<Series> look();

  // Why the last look found no checkpoints, in a sentence.
  std::string why_empty() const;

 private:
  void find_series();
  std::optional<StepPattern> pattern_in(const Path& folder) const;
  Path tokenizer_near(const Path& folder) const;
  Series read(const std::string& name, const StepPattern& pattern) const;

  Path folder_;
  std::string name_;
  Options options_;
  bool is_series_ = false;                   // itself, and not what is in it
  std::map<std::string, StepPattern> seen_;  // by series
};

}  // namespace e2lm
