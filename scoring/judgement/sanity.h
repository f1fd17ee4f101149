#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace e2lm {

// Something about the results that whoever reads them should know.
struct Finding {
  std::string kind;
  std::string series, task, metric;  // empty where it concerns none in particular
  std::optional<int64_t> step;
  std::string text;  // a sentence
};

}  // namespace e2lm
