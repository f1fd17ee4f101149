#include "harness/submission/leakage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/submission/safe_path.h"
#include "harness/submission/words.h"

namespace e2lm::submission {
namespace {

constexpr size_t kMostExamples = 5;

bool is_label(const std::string& choice) {
  constexpr std::array<std::string_view, 12> kLabels = {"yes",     "no",        "true",    "false",
                                                        "maybe",   "neither",   "unknown", "both",
                                                        "correct", "incorrect", "right",   "wrong"};
  const Words words = words_of(choice);
  if (words.size() != 1) return false;
  const bool letter = words[0].size() == 1 && (words[0][0] < '0' || words[0][0] > '9');
  return letter || std::find(kLabels.begin(), kLabels.end(), words[0]) != kLabels.end();
}

bool is_digit(const std::string& choice) {
  const Words words = words_of(choice);
  return words.size() == 1 && words[0].size() == 1;
}

// Letters or digits that name choices, answers that are the same for every question.
bool are_labels(const std::vector<std::string>& choices) {
  if (choices.size() < 2) return false;
  return std::all_of(choices.begin(), choices.end(), is_label) ||
         (choices.size() > 2 && std::all_of(choices.begin(), choices.end(), is_digit) &&
          std::is_sorted(choices.begin(), choices.end()));
}

// The words around a place, for people to see.
std::string excerpt(const std::string& question) {
  constexpr size_t kMost = 160;
  const size_t from = question.size() > kMost ? question.size() - kMost : 0;
  size_t at = from;  // the prompt's end, where an answer would be put, from a whole character on
  while (at < question.size() && (static_cast<unsigned char>(question[at]) & 0xC0) == 0x80) ++at;
  return (from > 0 ? "..." : "") + printable(std::string_view(question).substr(at), 2 * kMost);
}

class LeakFinder {
 public:
  Leakage run(std::span<const CheckedItem> items) {
    for (const CheckedItem& item : items) add(item);
    return std::move(result_);
  }

 private:
  void add(const CheckedItem& item) {
    ++result_.items;
    if (item.choices_in_prompts || item.golds.empty() || are_labels(item.choices)) return;
    const Words question = words_of(item.question);
    int64_t gold_found = 0, wrong_found = 0, wrong = 0;
    for (size_t c = 0; c < item.choices.size(); ++c) {
      const Words choice = words_of(item.choices[c]);
      const bool found = !choice.empty() && contains(question, choice);
      const bool gold = item.is_gold(static_cast<int32_t>(c));
      wrong += !gold;
      (gold ? gold_found : wrong_found) += found;
    }
    ++result_.searched;
    if (gold_found == 0 && wrong_found == 1) {
      result_.wrong_alone += 1.0 / static_cast<double>(wrong);
    }
    if (gold_found == 0) return;
    if (wrong_found == 0) return add_leak(item);
    (wrong_found == wrong ? result_.listed : result_.partly)++;
  }

  void add_leak(const CheckedItem& item) {
    ++result_.leaked;
    if (result_.examples.size() == kMostExamples) return;
    result_.examples.push_back(fmt::format("{}: '{}' in '{}'", item.name(), printable(item.gold()),
                                           excerpt(item.question)));
  }

  Leakage result_;
};

double share_of(double part, int64_t whole) {
  return whole == 0 ? 0 : part / static_cast<double>(whole);
}

}  // namespace

double Leakage::excess() const {
  return std::max(0.0, share_of(static_cast<double>(leaked) - wrong_alone, searched));
}

Leakage find_leakage(std::span<const CheckedItem> items) {
  return LeakFinder().run(items);
}

Json leakage_json(const Leakage& leakage) {
  return {{"items", leakage.items},     {"searched", leakage.searched},
          {"leaked", leakage.leaked},   {"listed", leakage.listed},
          {"partly", leakage.partly},   {"wrong_alone", leakage.wrong_alone},
          {"excess", leakage.excess()}, {"examples", leakage.examples}};
}

}  // namespace e2lm::submission
