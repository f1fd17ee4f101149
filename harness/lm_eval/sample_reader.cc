#include "harness/lm_eval/sample_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <regex>
#include <set>

#include "base/error.h"
#include "base/input_file.h"
#include "base/text.h"
#include "harness/lm_eval/sample_item.h"
#include "harness/lm_eval/sample_line.h"
#include "harness/sweep/items.h"

namespace e2lm::lm_eval {
namespace {

const std::regex kName(R"(samples_(.+)_(\d{4}-\d\d-\d\dT[\d\-:.]+)\.jsonl(\.gz)?)");

// The target_delimiter that the results file of the same run names for a task.
std::optional<std::string> delimiter_beside(const SampleFile& file) {
  const std::optional<Path> results = results_file_beside(file);
  if (!results) return {};
  const Json json = parse_python_json(read_unpacked(*results), results->string());
  const Json* at = &json;
  for (const std::string& key : {std::string("configs"), file.task}) {
    if (!at->is_object() || !at->contains(key)) return {};
    at = &(*at)[key];
  }
  const bool named = at->is_object() && at->contains("target_delimiter");
  if (!named || !(*at)["target_delimiter"].is_string()) return {};
  return (*at)["target_delimiter"].get<std::string>();
}

// The lines of the one filter, each document once.
std::vector<SampleLine> lines_of(const Path& path, std::string& filter) {
  std::vector<SampleLine> lines;
  std::set<int64_t> ids;
  std::set<std::string> others;
  InputFile file(path);
  std::string text;
  for (int64_t number = 1; file.read_line(text); ++number) {
    if (trim(text).empty()) continue;
    const Json row = parse_python_json(text, path.string(), number);
    SampleLine line = read_sample_line(row, fmt::format("{}:{}", path.string(), number));
    if (filter.empty()) filter = line.filter;
    if (line.filter != filter) {
      others.insert(line.filter);
      continue;
    }
    if (!ids.insert(line.doc_id).second) {
      throw Error(line.where, fmt::format("document {} comes a second time", line.doc_id),
                  "each document once");
    }
    lines.push_back(std::move(line));
  }
  if (lines.empty() && !others.empty()) {
    throw Error(path.string(), fmt::format("has no samples of the filter '{}'", filter),
                fmt::format("{}", fmt::join(others, ", ")));
  }
  if (lines.empty()) throw Error(path.string(), "has no samples");
  return lines;
}

// What the original's files leave out, concluded from all of a file's lines together.
class Conclusions {
 public:
  Conclusions(const std::vector<SampleLine>& lines, SampleFile& file) : lines_(lines), file_(file) {
    const SampleLine& first = lines.front();
    if (first.arguments.front().alone) {
      type_ = OutputType::loglikelihood_rolling;
    } else if (first.arguments.size() == 1) {
      type_ = OutputType::loglikelihood;
    }
    if (type_ == OutputType::multiple_choice) conclude_choices();
  }

  ItemShape shape(size_t i) const {
    const SampleLine& line = lines_[i];
    ItemShape shape{.type = type_};
    if (line.arguments.front().alone != (type_ == OutputType::loglikelihood_rolling)) {
      throw Error(line.where, "has requests of another kind than the first sample");
    }
    const std::string& text = line.arguments.front().context;
    switch (type_) {
      case OutputType::loglikelihood_rolling:
        shape.words = count_words(text);
        shape.bytes = std::ssize(text);
        break;
      case OutputType::loglikelihood:
        shape.golds = {0};
        shape.choices = {measure_choice(line.arguments.front().continuation)};
        break;
      case OutputType::multiple_choice:
        shape.golds = golds_[i];
        shape.several_golds = golds_[i].size() != 1;
        shape.unconditional = unconditional_;
        for (const std::string& choice : choices_[i]) {
          shape.choices.push_back(measure_choice(choice));
        }
    }
    return shape;
  }

 private:
  // With acc_mutual_info as many requests follow, of the choices after nothing.
  static bool has_unconditional(const SampleLine& line) {
    const size_t half = line.arguments.size() / 2;
    if (half == 0 || line.arguments.size() % 2 != 0) return false;
    for (size_t i = 0; i < line.arguments.size(); ++i) {
      if (line.arguments[i].context.empty() != (i >= half)) return false;
    }
    return true;
  }

  static bool has_several_inputs(const SampleLine& line, size_t choices) {
    const auto& arguments = line.arguments;
    for (size_t i = 1; i < choices; ++i) {
      if (arguments[i].continuation != arguments[0].continuation) return false;
      if (arguments[i].context == arguments[0].context) return false;
    }
    return choices > 1;
  }

  void conclude_choices() {
    unconditional_ = std::all_of(lines_.begin(), lines_.end(), has_unconditional);
    const bool several_inputs = std::all_of(
        lines_.begin(), lines_.end(),
        [&](const SampleLine& line) { return has_several_inputs(line, count_choices(line)); });
    file_.lengths = !several_inputs;
    choices_ = choices_after(delimiter_of());
    golds_ = golds_of(lines_, choices_, several_inputs);
  }

  size_t count_choices(const SampleLine& line) const {
    return line.arguments.size() / (unconditional_ ? 2 : 1);
  }

  std::vector<std::vector<std::string>> choices_after(std::string_view delimiter) const {
    std::vector<std::vector<std::string>> choices;
    for (const SampleLine& line : lines_) {
      std::vector<std::string>& texts = choices.emplace_back();
      for (size_t c = 0; c < count_choices(line); ++c) {
        const std::string& text = line.arguments[c].continuation;
        texts.push_back(text.starts_with(delimiter) ? text.substr(delimiter.size()) : text);
      }
    }
    return choices;
  }

  // The white space that all continuations begin with.
  std::string shared_space() const {
    const std::string& first = lines_.front().arguments.front().continuation;
    std::string space = first.substr(0, first.find_first_not_of(" \t\n\r"));
    for (const SampleLine& line : lines_) {
      for (const auto& argument : line.arguments) {
        while (!argument.continuation.starts_with(space)) space.pop_back();
      }
    }
    return space;
  }

  // Unnamed, one space or nothing, unless the recorded metrics fit more or less of the white space
  // better: it counts in the lengths of choices.
  std::string delimiter_of() const {
    if (auto named = delimiter_beside(file_)) return *std::move(named);
    const std::string space = shared_space();
    std::string best = space.starts_with(' ') ? " " : "";
    if (space.empty() || !file_.lengths) return best;
    int64_t fewest = disagreements_of(lines_, choices_after(best));
    for (size_t length = 0; length <= space.size() && fewest > 0; ++length) {
      const int64_t count = disagreements_of(lines_, choices_after(space.substr(0, length)));
      if (count < fewest) best = space.substr(0, length);
      fewest = std::min(fewest, count);
    }
    return best;
  }

  const std::vector<SampleLine>& lines_;
  SampleFile& file_;
  OutputType type_ = OutputType::multiple_choice;
  bool unconditional_ = false;
  std::vector<std::vector<std::string>> choices_;  // texts, of each line
  std::vector<std::vector<int32_t>> golds_;
};

// Takes what one of our own lines says, or what was concluded.
Sample sample_of(const SampleLine& line, const Conclusions* conclusions, size_t i) {
  Sample sample{.doc_id = line.doc_id, .doc_hash = line.doc_hash, .recorded = line.recorded};
  std::vector<int32_t> tokens;
  if (conclusions) {
    sample.shape = conclusions->shape(i);
  } else {
    SampleItem item = read_sample_item(*line.item, line.arguments.size(), line.where);
    sample.shape = std::move(item.shape);
    tokens = std::move(item.tokens);
  }
  for (size_t r = 0; r < line.responses.size(); ++r) {
    const bool greedy = line.responses[r].greedy;
    const int32_t count = conclusions ? 0 : tokens[r];
    sample.scores.push_back({.nats = line.responses[r].nats,
                             .tokens = count,
                             .greedy_tokens = greedy ? count : count - 1});
  }
  return sample;
}

}  // namespace

std::vector<Item> SampleFile::items() const {
  std::vector<ItemShape> shapes;
  std::vector<RequestScore> scores;
  for (const Sample& sample : samples) {
    shapes.push_back(sample.shape);
    scores.insert(scores.end(), sample.scores.begin(), sample.scores.end());
  }
  return items_of(shapes, scores);
}

std::optional<Path> results_file_beside(const SampleFile& file) {
  for (const char* ending : {".json", ".json.gz"}) {
    Path path = file.path.parent_path() / fmt::format("results_{}{}", file.time, ending);
    if (!file.time.empty() && std::filesystem::exists(path)) return path;
  }
  return {};
}

bool says_enough(const SampleFile& file, const Metric& metric) {
  const bool lengths = file.lengths || !needs_lengths(metric);
  const bool tokens = file.tokens || metric.name != "acc_token";
  return lengths && tokens && !metric.aggregation.empty() &&
         metric.fits(file.samples.front().shape.type);
}

Recorded compare_recorded(const SampleFile& file, const Metric& metric,
                          std::span<const Item> items) {
  Recorded result;
  if (metric.kind != ValueKind::number || !says_enough(file, metric)) return result;
  for (size_t i = 0; i < items.size(); ++i) {
    const auto recorded = file.samples[i].recorded.find(std::string(metric.name));
    if (recorded == file.samples[i].recorded.end()) continue;
    const double value = std::get<double>(metric.value(items[i]));
    ++result.compared;
    result.differ += std::abs(recorded->second - value) > 1e-9 * std::abs(value);
  }
  return result;
}

bool needs_lengths(const Metric& metric) {
  return metric.name == "acc_norm" || metric.name == "acc_bytes" || metric.name == "gold_bpb" ||
         metric.name.ends_with("_per_char");
}

bool is_samples_file(const Path& path) {
  return std::regex_match(path.filename().string(), kName);
}

std::vector<Path> list_samples_files(const Path& path) {
  if (!std::filesystem::is_directory(path)) return {path};
  std::vector<Path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file() && is_samples_file(entry.path())) files.push_back(entry.path());
  }
  if (files.empty())
    throw Error(path.string(), "holds no samples", "files samples_TASK_TIME.jsonl");
  std::sort(files.begin(), files.end());
  return files;
}

SampleFile read_samples(const Path& path, const std::string& filter) {
  SampleFile file{.path = path, .filter = filter};
  std::smatch match;
  const std::string name = path.filename().string();
  if (std::regex_match(name, match, kName)) {
    file.task = match[1];
    file.time = match[2];
  }
  const std::vector<SampleLine> lines = lines_of(path, file.filter);
  file.tokens = std::all_of(lines.begin(), lines.end(),
                            [](const SampleLine& line) { return line.item.has_value(); });
  std::optional<Conclusions> conclusions;
  if (!file.tokens) conclusions.emplace(lines, file);
  for (size_t i = 0; i < lines.size(); ++i) {
    file.samples.push_back(sample_of(lines[i], conclusions ? &*conclusions : nullptr, i));
  }
  return file;
}

}  // namespace e2lm::lm_eval
