#include "harness/step_pattern.h"

#include <fmt/format.h>

namespace e2lm {
namespace {

constexpr std::string_view kDigits = "0123456789";

}  // namespace

std::optional<StepPattern> StepPattern::parse(std::string_view text) {
  const size_t open = text.find("{step");
  const size_t close = text.find('}', open);
  if (open == std::string_view::npos || close == std::string_view::npos) return {};
  StepPattern pattern;
  pattern.before_ = text.substr(0, open);
  pattern.after_ = text.substr(close + 1);
  const std::string_view format = text.substr(open + 5, close - open - 5);
  if (format.empty()) return pattern;
  const bool width = format.size() >= 2 && format.size() <= 3 && format[0] == ':' &&
                     format.find_first_not_of(kDigits, 1) == std::string_view::npos;
  if (!width) return {};
  pattern.width_ = std::stoi(std::string(format.substr(1)));
  return pattern;
}

std::string StepPattern::fill(int64_t step) const {
  return fmt::format("{}{:0{}}{}", before_, step, width_, after_);
}

std::set<int64_t> StepPattern::scan(const Path& folder) const {
  const Path before = folder / before_;
  const std::string prefix = before.filename().string();
  const std::string suffix = after_.substr(0, after_.find('/'));
  std::set<int64_t> steps;
  if (!std::filesystem::is_directory(before.parent_path())) return steps;
  for (const Path& entry : list_folder(before.parent_path())) {
    std::string name = entry.filename().string();
    if (name.size() < prefix.size() + suffix.size()) continue;
    if (!name.starts_with(prefix) || !name.ends_with(suffix)) continue;
    name = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
    const bool digits =
        !name.empty() && name.size() < 18 && name.find_first_not_of(kDigits) == std::string::npos;
    if (!digits) continue;
    const int64_t step = std::stoll(name);
    if (std::filesystem::exists(folder / fill(step))) steps.insert(step);
  }
  return steps;
}

}  // namespace e2lm
