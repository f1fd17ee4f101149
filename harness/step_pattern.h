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

  std::string fill(int64_t step) const;

  // The steps for which a file or folder is there, below `folder`.
  std::set<int64_t> scan(const Path& folder) const;

 private:
  std::string before_, after_;
  int width_ = 0;  // digits, with leading zeros
};

}  // namespace e2lm
