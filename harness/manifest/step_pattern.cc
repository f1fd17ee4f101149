#include "harness/manifest/step_pattern.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace e2lm {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";

// What stands before the number in the folders of training runs.
constexpr std::string_view kStepWords[] = {
    "step",  "steps",      "globalstep", "iter", "iters",  "iteration", "iterations",
    "batch", "checkpoint", "ckpt",       "ba",   "update", "updates",   "chkpt"};

// What makes another number of the one before it, or tokens: "10k", "500B-tokens".
constexpr std::string_view kUnits[] = {"k", "m", "b", "g", "t", "tokens"};

// What says that a folder is still being written under this name, and will be renamed.
constexpr std::string_view kUnready[] = {"tmp", "temp", "partial", "incomplete"};

// The last word of a text, without what separates it from a number: "iter" of "run-iter_".
std::string last_word(std::string_view text) {
  const size_t end = text.find_last_not_of("-_=. ");
  if (end == std::string_view::npos) return {};
  text = text.substr(0, end + 1);
  const size_t before = text.find_last_of("-_=. 0123456789");
  return ascii_lower(text.substr(before == std::string_view::npos ? 0 : before + 1));
}

// Whether a number is followed by a unit, and so is no step as it stands.
bool has_unit(std::string_view after) {
  const std::string small = ascii_lower(after);
  const std::string word = small.substr(0, small.find_first_not_of(kLetters));
  return std::ranges::find(kUnits, word) != std::end(kUnits);
}

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

std::optional<StepPattern> StepPattern::of_name(std::string_view name) {
  constexpr size_t kMostDigits = 17;
  const size_t last = name.find_last_of(kDigits);
  if (last == std::string_view::npos || name.starts_with('.')) return {};
  const std::string small = ascii_lower(name);
  for (const std::string_view word : kUnready) {
    if (small.find(word) != std::string::npos) return {};
  }
  const size_t before = name.find_last_not_of(kDigits, last);
  const size_t first = before == std::string_view::npos ? 0 : before + 1;
  const size_t digits = last + 1 - first;
  const std::string word = last_word(name.substr(0, first));
  const bool says_step = first == 0 || std::find(std::begin(kStepWords), std::end(kStepWords),
                                                 word) != std::end(kStepWords);
  if (!says_step || digits > kMostDigits || has_unit(name.substr(last + 1))) return {};
  StepPattern pattern;
  pattern.before_ = name.substr(0, first);
  pattern.after_ = name.substr(last + 1);
  if (name[first] == '0' && digits > 1) pattern.width_ = static_cast<int>(digits);
  return pattern;
}

StepPattern StepPattern::with_width(int width) const {
  StepPattern pattern = *this;
  pattern.width_ = width;
  return pattern;
}

StepPattern StepPattern::below(const Path& folder) const {
  StepPattern pattern = *this;
  pattern.before_ = (folder / before_).string();
  return pattern;
}

std::string StepPattern::text() const {
  const std::string width = width_ > 0 ? fmt::format(":{:02}", width_) : "";
  return fmt::format("{}{{step{}}}{}", before_, width, after_);
}

std::string StepPattern::fill(int64_t step) const {
  return fmt::format("{}{:0{}}{}", before_, step, width_, after_);
}

std::set<int64_t> StepPattern::scan(const Path& folder) const {
  const Path before = (folder.empty() ? Path(".") : folder) / before_;
  const std::string prefix = before.filename().string();
  const std::string suffix = after_.substr(0, after_.find('/'));
  std::set<int64_t> steps;
  std::error_code unseen;  // then listing it says why
  const auto place = std::filesystem::status(before.parent_path(), unseen);
  if (std::filesystem::status_known(place) && !std::filesystem::is_directory(place)) return steps;
  for (const Path& entry : list_folder(before.parent_path())) {
    std::string name = entry.filename().string();
    if (name.size() < prefix.size() + suffix.size()) continue;
    if (!name.starts_with(prefix) || !name.ends_with(suffix)) continue;
    name = name.substr(prefix.size(), name.size() - prefix.size() - suffix.size());
    const bool digits =
        !name.empty() && name.size() < 18 && name.find_first_not_of(kDigits) == std::string::npos;
    if (!digits) continue;
    const int64_t step = std::stoll(name);
    if (is_seen(folder / fill(step))) steps.insert(step);
  }
  return steps;
}

}  // namespace e2lm
