#include "harness/submission/leakage.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "harness/submission/safe_path.h"
#include "harness/submission/words.h"

namespace e2lm::submission {
namespace {

constexpr size_t kMostExamples = 5;

bool is_one_of_labels(const std::string& choice) {
  constexpr std::array<std::string_view, 12> kLabels = {"yes",     "no",        "true",    "false",
                                                        "maybe",   "neither",   "unknown", "both",
                                                        "correct", "incorrect", "right",   "wrong"};
  const Words words = words_of(choice);
  return words.size() == 1 && std::find(kLabels.begin(), kLabels.end(), words[0]) != kLabels.end();
}

bool is_alphanumeric(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

// The letter or digit of a choice like "B" or "(B)"; 0 if it is another text.
char label_of(const std::string& choice) {
  const auto count = std::count_if(choice.begin(), choice.end(), is_alphanumeric);
  return count == 1 && words_of(choice).size() == 1
             ? *std::find_if(choice.begin(), choice.end(), is_alphanumeric)
             : '\0';
}

// Letters, or digits one after another, that name choices.
bool are_labels(const std::vector<std::string>& choices) {
  for (size_t c = 0; c < choices.size(); ++c) {
    const char label = label_of(choices[c]);
    if (label == '\0') return false;
    if (c > 0 && label != label_of(choices[c - 1]) + 1) return false;
  }
  return choices.size() > 1;
}

// How often a label stands by itself.
int64_t count_label(const std::string& text, char label) {
  int64_t count = 0;
  for (size_t at = 0; (at = text.find(label, at)) != std::string::npos; ++at) {
    const bool starts = at == 0 || !is_alphanumeric(text[at - 1]);
    count += starts && (at + 1 == text.size() || !is_alphanumeric(text[at + 1]));
  }
  return count;
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
    if (item.choices_in_prompts || item.golds.empty()) return;
    if (are_labels(item.choices)) return add_labels(item);
    const bool closed = item.choices.size() > 1 &&
                        std::all_of(item.choices.begin(), item.choices.end(), is_one_of_labels);
    if (closed) return;
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

  // A question that lists its choices names each once: leaked is the one it names more often.
  void add_labels(const CheckedItem& item) {
    ++result_.searched;
    int64_t gold = 0, wrong = 0, most_wrong = 0, ties = 0;
    for (size_t c = 0; c < item.choices.size(); ++c) {
      const int64_t count = count_label(item.question, label_of(item.choices[c]));
      if (item.is_gold(static_cast<int32_t>(c))) {
        gold = std::max(gold, count);
        continue;
      }
      ++wrong;
      ties = count > most_wrong ? 1 : ties + (count == most_wrong);
      most_wrong = std::max(most_wrong, count);
    }
    if (gold > most_wrong) return add_leak(item);
    if (most_wrong > gold && ties == 1) result_.wrong_alone += 1.0 / static_cast<double>(wrong);
    result_.listed += gold == most_wrong && gold > 0;
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
