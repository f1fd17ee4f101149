#include "harness/sweep/watched_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/hash.h"

namespace e2lm {
namespace {

namespace fs = std::filesystem;

// Folders that many runs have, so that their names tell none from another.
constexpr std::string_view kCommonNames[] = {"checkpoints", "checkpoint", "ckpts",  "ckpt",
                                             "output",      "outputs",    "models", "model",
                                             "weights",     "hf",         "results"};

std::string name_of(const Path& folder) {
  const std::string name = folder.filename().string();
  const bool common =
      std::find(std::begin(kCommonNames), std::end(kCommonNames), name) != std::end(kCommonNames);
  const std::string parent = folder.parent_path().filename().string();
  return common && !parent.empty() ? parent : name;
}

// By name. None while the folder is not there, or not readable just now.
std::vector<Path> folders_in(const Path& folder) {
  std::vector<Path> found;
  std::error_code code, ignored;
  for (const auto& entry : fs::directory_iterator(folder, code)) {
    if (entry.is_directory(ignored)) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

bool is_file(const Path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

// How checkpoints are named, and whether one of them looks like a checkpoint.
std::map<StepPattern, bool> patterns_of(const std::vector<Path>& folders) {
  std::map<StepPattern, bool> found;
  for (const Path& folder : folders) {
    const auto pattern = StepPattern::of_name(folder.filename().string());
    if (!pattern) continue;
    bool& looks_right = found[*pattern];
    looks_right = looks_right || is_file(folder / "config.json");
  }
  return found;
}

// A number that fills its width has no leading zeros to show it: "iter_1000000" beside
// "iter_0500000". One that does not, "iter_80" beside "iter_0500", is another name.
bool fits_width(const StepPattern& without, const StepPattern& with, const Path& folder) {
  if (with.width() == 0 || with.with_width(0) != without) return false;
  const std::set<int64_t> steps = without.scan(folder);
  return std::all_of(steps.begin(), steps.end(),
                     [&](int64_t step) { return with.fill(step) == without.fill(step); });
}

void join_widths(const Path& folder, std::map<StepPattern, bool>& patterns) {
  std::map<StepPattern, bool> joined;
  for (const auto& [pattern, looks_right] : patterns) {
    const StepPattern* as = &pattern;
    for (const auto& [other, ignored] : patterns) {
      if (fits_width(pattern, other, folder)) as = &other;
    }
    joined[*as] = joined[*as] || looks_right;
  }
  patterns = std::move(joined);
}

}  // namespace

WatchedFolder::WatchedFolder(const Path& folder, Options options)
    : folder_(fs::absolute(folder).lexically_normal()), options_(std::move(options)) {
  if (!folder_.has_filename()) folder_ = folder_.parent_path();  // "runs/my-model/"
  if (is_file(folder_)) {
    throw Error(folder.string(), "is a file",
                "a folder into which a training run writes checkpoints");
  }
  name_ = name_of(folder_);
}

std::string WatchedFolder::unique_name() const {
  constexpr size_t kDigits = 8;
  return fmt::format("{}-{}", name_, sha256_hex(folder_.string()).substr(0, kDigits));
}

std::vector<Series> WatchedFolder::look() {
  find_series();
  std::vector<Series> all;
  for (const auto& [name, pattern] : seen_) all.push_back(read(name, pattern));
  return all;
}

void WatchedFolder::find_series() {
  if (const auto pattern = pattern_in(folder_)) {
    if (!std::exchange(is_series_, true)) seen_.clear();
    seen_.insert_or_assign(name_, pattern->below(folder_));
  }
  if (is_series_) return;
  for (const Path& folder : folders_in(folder_)) {
    const auto pattern = pattern_in(folder);
    if (pattern) seen_.insert_or_assign(folder.filename().string(), pattern->below(folder));
  }
}

std::optional<StepPattern> WatchedFolder::pattern_in(const Path& folder) const {
  if (options_.pattern) {
    if (options_.pattern->scan(folder).empty()) return {};
    return options_.pattern;
  }
  std::map<StepPattern, bool> patterns = patterns_of(folders_in(folder));
  join_widths(folder, patterns);
  const bool some_right =
      std::any_of(patterns.begin(), patterns.end(), [](const auto& entry) { return entry.second; });
  if (patterns.size() > 1 && some_right) {
    std::erase_if(patterns, [](const auto& entry) { return !entry.second; });
  }
  if (patterns.empty()) return {};
  if (patterns.size() == 1) return patterns.begin()->first;
  std::vector<std::string> texts;
  for (const auto& [pattern, looks_right] : patterns) texts.push_back(pattern.text());
  throw Error(folder.string(),
              fmt::format("holds checkpoints under several names: {}", fmt::join(texts, ", ")),
              "one of these as --watch-pattern");
}

// Beside or above the checkpoints; one in their own folders goes before it.
Path WatchedFolder::tokenizer_near(const Path& folder) const {
  if (!options_.tokenizer.empty()) return options_.tokenizer;
  for (const Path& place : {folder, folder_}) {
    for (const Path& at : {place, place / "tokenizer"}) {
      if (is_file(at / "tokenizer.json")) return at;
    }
  }
  return {};
}

Series WatchedFolder::read(const std::string& name, const StepPattern& pattern) const {
  const auto tokens = [per_step = options_.tokens_per_step](int64_t step) {
    return per_step * static_cast<double>(step);
  };
  Series series{.name = name, .group = name_, .scan = pattern, .tokens_at = tokens};
  bool own_tokenizer = false;
  for (const int64_t step : pattern.scan({})) {
    const Path folder = pattern.fill(step);
    own_tokenizer = own_tokenizer || is_file(folder / "tokenizer.json");
    series.checkpoints.push_back(
        {.series = name, .step = step, .tokens = tokens(step), .folder = folder});
  }
  if (!own_tokenizer || !options_.tokenizer.empty()) {
    series.tokenizer = tokenizer_near(is_series_ ? folder_ : folder_ / name);
  }
  return series;
}

std::string WatchedFolder::why_empty() const {
  std::error_code refused;
  const std::string here = folder_.string();
  const fs::directory_iterator listed(folder_, refused);
  if (refused == std::errc::no_such_file_or_directory) return here + " is not there yet";
  if (refused) return fmt::format("{} cannot be listed ({})", here, refused.message());
  if (options_.pattern) {
    return fmt::format("{} holds nothing yet that fits {}", here, options_.pattern->text());
  }
  std::vector<std::string> unclear;  // checkpoints, but of which step?
  for (const Path& folder : folders_in(folder_)) {
    if (is_file(folder / "config.json")) unclear.push_back(folder.filename().string());
  }
  if (!unclear.empty()) {
    return fmt::format(
        "{} holds checkpoints whose names do not say their step ({}{}); --watch-pattern says where "
        "it stands, as 'model-{{step}}'",
        here, unclear.front(), unclear.size() > 1 ? ", .." : "");
  }
  if (is_file(folder_ / "config.json")) {
    return fmt::format("{} is a checkpoint itself; what is watched is the folder of them all",
                       here);
  }
  return fmt::format("{} holds no checkpoints yet", here);
}

}  // namespace e2lm
