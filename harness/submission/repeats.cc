#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/hash.h"
#include "harness/submission/leakage.h"
#include "harness/submission/safe_path.h"
#include "harness/submission/words.h"

namespace e2lm::submission {
namespace {

constexpr size_t kMostExamples = 5;

std::string joined(const Words& words) {
  return fmt::format("{}", fmt::join(words, " "));
}

// Question and right answer. Texts without any word (formulas of other signs) are kept as they are.
std::string answered_key(const CheckedItem& item) {
  const Words question = words_of(item.question);
  Sha256 hash;
  hash.add_field(question.empty() ? item.question : joined(question));
  std::vector<std::string> golds;
  for (const int32_t gold : item.golds) golds.push_back(joined(words_of(item.choices.at(gold))));
  std::sort(golds.begin(), golds.end());
  for (const std::string& gold : golds) hash.add_field(gold);
  return hash.hex();
}

// The same with all choices, in whichever order.
std::string whole_key(const CheckedItem& item) {
  Sha256 hash;
  hash.add_field(answered_key(item));
  std::vector<std::string> choices;
  for (const std::string& choice : item.choices) choices.push_back(joined(words_of(choice)));
  std::sort(choices.begin(), choices.end());
  for (const std::string& choice : choices) hash.add_field(choice);
  return hash.hex();
}

double share_of(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// Question and answer as an example would show them, before the question itself.
bool shows_own_answer(const CheckedItem& item) {
  if (item.choices_in_prompts || item.golds.empty() || item.question.empty()) return false;
  if (!item.context.ends_with(item.question)) return false;
  const std::string_view before =
      std::string_view(item.context).substr(0, item.context.size() - item.question.size());
  return before.find(item.question + item.delimiter + item.gold()) != std::string_view::npos;
}

}  // namespace

double Repeats::share() const {
  return share_of(repeated, items);
}

double ShownAnswers::share() const {
  return share_of(items_in_rows, items);
}

Repeats find_repeats(std::span<const CheckedItem> items) {
  Repeats repeats{.items = std::ssize(items)};
  std::map<std::string, const CheckedItem*> whole, answered;
  for (const CheckedItem& item : items) {
    const auto [first, is_new] = whole.try_emplace(whole_key(item), &item);
    const bool same_answer = !answered.try_emplace(answered_key(item), &item).second;
    repeats.repeated += !is_new;
    repeats.same_answered += is_new && same_answer;
    if (is_new || repeats.examples.size() == kMostExamples) continue;
    repeats.examples.push_back(fmt::format("{} is {}: '{}'", item.name(), first->second->name(),
                                           printable(item.question, 120)));
  }
  return repeats;
}

ShownAnswers find_shown_answers(std::span<const CheckedItem> items,
                                std::span<const CheckedItem> example_rows) {
  ShownAnswers shown{.items = std::ssize(items), .example_rows = std::ssize(example_rows)};
  std::set<std::string> rows, asked;
  for (const CheckedItem& row : example_rows) rows.insert(answered_key(row));
  for (const CheckedItem& item : items) {
    const std::string key = answered_key(item);
    asked.insert(key);
    const bool is_row = rows.contains(key), own = shows_own_answer(item);
    shown.items_in_rows += is_row;
    shown.own_shown += own;
    if ((!is_row && !own) || shown.examples.size() == kMostExamples) continue;
    shown.examples.push_back(fmt::format("{}: '{}'", item.name(), printable(item.question, 120)));
  }
  for (const CheckedItem& row : example_rows) {
    shown.rows_asked += asked.contains(answered_key(row));
  }
  return shown;
}

Json repeats_json(const Repeats& repeats) {
  return {{"items", repeats.items},
          {"repeated", repeats.repeated},
          {"same_answered", repeats.same_answered},
          {"share", repeats.share()},
          {"examples", repeats.examples}};
}

Json shown_answers_json(const ShownAnswers& shown) {
  return {{"items", shown.items},
          {"own_shown", shown.own_shown},
          {"example_rows", shown.example_rows},
          {"rows_asked", shown.rows_asked},
          {"items_in_rows", shown.items_in_rows},
          {"share", shown.share()},
          {"examples", shown.examples}};
}

}  // namespace e2lm::submission
