#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/file.h"

namespace e2lm {

// A path with the training step in it: "iter_{step:07}" is iter_0000080 for step 80; "step{step}"
// is step80.
class StepPattern {
 public:
  // None if the text does not hold one well-formed {step}.
  static std::optional<StepPattern> parse(std::string_view text);

  // Of a folder's name as training runs write them, with {step} for its number: "step-1000",
  // "checkpoint-500", "iter_0002000", "1000". None if the name does not say a step, says thousands
  // or tokens ("step10k", "500B-tokens"), or that the folder is not ready ("checkpoint-500.tmp").
  static std::optional<StepPattern> of_name(std::string_view name);

  std::string fill(int64_t step) const;
  // As parse() reads it.
  std::string text() const;

  int width() const { return width_; }  // digits, with leading zeros; 0 without
  StepPattern with_width(int width) const;

  // The same below a folder.
  StepPattern below(const Path& folder) const;

  auto operator<=>(const StepPattern&) const = default;

  // The steps for which a file or folder is there, below `folder`.
  std::set<int64_t> scan(const Path& folder) const;

 private:
  std::string before_, after_;
  int width_ = 0;  // digits, with leading zeros; 0 without
};

}  // namespace e2lm
