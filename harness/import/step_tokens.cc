#include "harness/import/step_tokens.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "harness/manifest/token_schedule.h"

namespace e2lm {

StepTokens StepTokens::per_step(double tokens) {
  StepTokens rule;
  rule.per_step_ = tokens;
  return rule;
}

StepTokens StepTokens::e2lm() {
  StepTokens rule;
  rule.kind_ = Kind::e2lm;
  return rule;
}

StepTokens StepTokens::parse(const std::string& text, const Path& folder, std::string_view where) {
  constexpr const char* kExpected = "tokens per step, e2lm, or the path of a table step,tokens";
  if (text == "e2lm") return e2lm();
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (!text.empty() && *end == '\0') {
    if (number > 0 && std::isfinite(number)) return per_step(number);
    throw Error(where, fmt::format("'{}' tokens per step cannot be", text), kExpected);
  }
  StepTokens rule;
  rule.kind_ = Kind::table;
  rule.path_ = (folder / text).string();
  if (text.empty() || !std::filesystem::exists(rule.path_)) {
    throw Error(where, fmt::format("'{}' is no file", text), kExpected);
  }
  rule.table_ = read_token_table(rule.path_);
  return rule;
}

double StepTokens::tokens(int64_t step) const {
  if (kind_ == Kind::e2lm) return e2lm_tokens(step);
  if (kind_ == Kind::per_step) return per_step_ * static_cast<double>(step);
  const auto row = table_.find(step);
  if (row == table_.end()) throw Error(path_, fmt::format("has no row for step {}", step));
  return row->second;
}

}  // namespace e2lm
