#include "harness/submission/overlap.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>

#include "base/input_file.h"
#include "base/text.h"
#include "harness/interrupted.h"
#include "harness/submission/safe_path.h"
#include "harness/submission/words.h"

namespace e2lm::submission {
namespace {

constexpr uint64_t kBase = 0x9E3779B97F4A7C15ULL;
constexpr size_t kMostExamples = 5;

uint64_t power(int64_t exponent) {
  uint64_t result = 1;
  for (int64_t i = 0; i < exponent; ++i) result *= kBase;
  return result;
}

// A run's hash from those of its words.
uint64_t run_hash(std::span<const uint64_t> words) {
  uint64_t hash = 0;
  for (const uint64_t word : words) hash = hash * kBase + word;
  return hash;
}

// How many words all lists begin with, or, reversed, end with: two at most ("Question:"), as more
// may be of the questions themselves.
int64_t common_start(const std::vector<Words>& lists, bool reversed) {
  if (lists.size() < 2) return 0;
  const auto at = [&](const Words& words, size_t i) -> const std::string& {
    return reversed ? words[words.size() - 1 - i] : words[i];
  };
  size_t count = std::min<size_t>(lists[0].size(), 2);
  for (const Words& words : lists) {
    size_t same = 0;
    while (same < count && same < words.size() && at(words, same) == at(lists[0], same)) ++same;
    count = same;
  }
  return static_cast<int64_t>(count);
}

class OverlapFinder {
 public:
  OverlapFinder(std::span<const CheckedItem> items, const std::function<bool()>& stop)
      : items_(items), stop_(stop) {
    std::vector<Words> questions;
    for (const CheckedItem& item : items) questions.push_back(words_of(item.question));
    const auto start = common_start(questions, false), end = common_start(questions, true);
    result_.items = std::ssize(items);
    for (size_t i = 0; i < items.size(); ++i) {
      Words& words = questions[i];
      if (std::ssize(words) <= start + end) continue;  // nothing of its own
      words.erase(words.end() - end, words.end());
      words.erase(words.begin(), words.begin() + start);
      if (!items[i].golds.empty()) {
        for (std::string& word : words_of(items[i].gold())) words.push_back(std::move(word));
      }
      add_item(static_cast<int32_t>(i), words);
    }
    found_.resize(items.size());
    drop_common_runs();
  }

  Overlap run(const std::vector<Path>& files) {
    for (const Path& path : files) read(path);
    return std::move(result_);
  }

 private:
  void add_item(int32_t item, const Words& words) {
    const int64_t length = std::min(std::ssize(words), kRunWords);
    if (length < kLeastRunWords) return;
    ++result_.searched;
    std::vector<uint64_t> hashes;
    for (const std::string& word : words) hashes.push_back(word_hash(word));
    auto& runs = runs_[length];
    for (int64_t first = 0; first + length <= std::ssize(words); ++first) {
      runs[run_hash(std::span(hashes).subspan(first, length))].push_back(item);
    }
    powers_[length] = power(length);
  }

  // A phrase of many items, an instruction say, tells of none of them.
  void drop_common_runs() {
    const size_t most = std::max<size_t>(2, items_.size() / 100);
    for (auto& [length, runs] : runs_) {
      std::erase_if(runs, [&](const auto& run) { return run.second.size() > most; });
    }
  }

  void read(const Path& path) {
    Path plain = path;
    if (plain.extension() == ".gz") plain = plain.stem();
    const bool rows = plain.extension() == ".jsonl";
    InputFile file(path);
    std::string line;
    forget();
    if (plain.extension() == ".json") return read_json(file);
    for (int64_t number = file.line(); file.read_line(line); number = file.line()) {
      if (stop_ && stop_()) throw Interrupted();
      const std::string where = fmt::format("{}:{}", path.string(), number);
      if (!rows) {
        add_text(line, where);
      } else if (!trim(line).empty()) {
        forget();
        add_json(parse_json(line, path.string(), number), where);
      }
    }
  }

  void read_json(InputFile& file) {
    std::string text, line;
    while (file.read_line(line)) (text += line) += '\n';
    add_json(parse_json(text, file.path().string()), file.path().string());
  }

  void add_json(const Json& value, const std::string& where) {
    if (value.is_string()) {
      add_text(value.get_ref<const std::string&>(), where);
      forget();
    }
    if (!value.is_structured()) return;
    for (const Json& inner : value) add_json(inner, where);
  }

  void add_text(std::string_view text, const std::string& where) {
    for (const std::string& word : words_of(text)) {
      ++result_.words;
      add_word(word_hash(word), where);
    }
  }

  // Runs do not go from one document into the next.
  void forget() {
    count_ = 0;
    sums_.fill(0);
  }

  // sums_[i] is the hash of the first i words, in a ring: a run's is the difference of two.
  void add_word(uint64_t word, const std::string& where) {
    const auto at = [&](int64_t index) -> uint64_t& { return sums_[index % std::ssize(sums_)]; };
    const uint64_t sum = at(count_) * kBase + word;
    at(++count_) = sum;
    for (const auto& [length, runs] : runs_) {
      if (count_ < length) break;
      const uint64_t hash = sum - at(count_ - length) * powers_[length];
      const auto match = runs.find(hash);
      if (match == runs.end()) continue;
      for (const int32_t item : match->second) mark(item, where);
    }
  }

  void mark(int32_t item, const std::string& where) {
    if (found_[item]) return;
    found_[item] = true;
    ++result_.found;
    if (result_.examples.size() == kMostExamples) return;
    result_.examples.push_back(fmt::format("{} in {}: '{}'", items_[item].name(), where,
                                           printable(items_[item].question, 120)));
  }

  std::span<const CheckedItem> items_;
  const std::function<bool()>& stop_;
  std::map<int64_t, std::unordered_map<uint64_t, std::vector<int32_t>>> runs_;  // by length
  std::array<uint64_t, kRunWords + 1> powers_{};
  std::array<uint64_t, kRunWords + 1> sums_{};
  int64_t count_ = 0;
  std::vector<bool> found_;
  Overlap result_;
};

}  // namespace

double Overlap::share() const {
  return searched == 0 ? 0 : static_cast<double>(found) / static_cast<double>(searched);
}

Overlap find_overlap(std::span<const CheckedItem> items, const std::vector<Path>& files,
                     const std::function<bool()>& stop) {
  return OverlapFinder(items, stop).run(files);
}

Json overlap_json(const Overlap& overlap) {
  return {{"items", overlap.items}, {"searched", overlap.searched}, {"found", overlap.found},
          {"words", overlap.words}, {"share", overlap.share()},     {"examples", overlap.examples}};
}

}  // namespace e2lm::submission
