#include <algorithm>
#include <array>

#include "base/error.h"
#include "harness/submission/judge.h"
#include "harness/submission/words.h"

namespace e2lm::submission {
namespace {

template <size_t n>
bool is_one_of(std::string_view word, const std::array<std::string_view, n>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::optional<Opinion> opinion_of_word(std::string_view word) {
  constexpr std::array<std::string_view, 4> kAccept = {"accept", "accepted", "yes", "acceptable"};
  constexpr std::array<std::string_view, 3> kReject = {"reject", "rejected", "no"};
  if (is_one_of(word, kAccept)) return Opinion::accept;
  if (is_one_of(word, kReject)) return Opinion::reject;
  return {};
}

// Without a reasoning model's thoughts, which weigh both sides.
std::string_view without_thoughts(std::string_view answer) {
  constexpr std::string_view kEnd = "</think>";
  const size_t end = answer.rfind(kEnd);
  return end == std::string_view::npos ? answer : answer.substr(end + kEnd.size());
}

// The verdict of an answer that is, or holds, a JSON object with one.
std::optional<Opinion> opinion_of_json(std::string_view answer) {
  const size_t open = answer.find('{'), close = answer.rfind('}');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return {};
  try {
    const Json json = parse_json(answer.substr(open, close - open + 1), "answer");
    const Json verdict = json.value("verdict", Json());
    if (!verdict.is_string()) return {};
    return opinion_of(verdict.get<std::string>());
  } catch (const Error&) {
    return {};  // braces, but no JSON: read as words
  }
}

// Words of letters alone: no stars of Markdown.
Words plain_words(std::string_view answer) {
  Words words = words_of(answer);
  std::erase_if(words, [](const std::string& word) {
    return word.size() == 1 && !std::isalnum(static_cast<unsigned char>(word[0]));
  });
  return words;
}

}  // namespace

Opinion opinion_of(std::string_view given) {
  const std::string_view answer = without_thoughts(given);
  if (const auto opinion = opinion_of_json(answer)) return *opinion;
  const Words words = plain_words(answer);
  if (words.empty()) return Opinion::unclear;
  const auto first = opinion_of_word(words.front());
  const bool both = words.size() > 1 && words[1] == "or";  // the question's own words
  if (first && !both) return *first;
  constexpr std::array<std::string_view, 3> kLabels = {"verdict", "decision", "answer"};
  for (size_t i = words.size() - 1; i > 0; --i) {
    const auto opinion = opinion_of_word(words[i]);
    const bool after_is = words[i - 1] == "is" && i > 1 && is_one_of(words[i - 2], kLabels);
    if (opinion && (is_one_of(words[i - 1], kLabels) || after_is)) return *opinion;
  }
  constexpr std::array<std::string_view, 6> kNegations = {"not", "cannot", "can",
                                                          "t",   "never",  "neither"};
  std::optional<Opinion> all;
  for (const std::string& word : words) {
    if (is_one_of(word, kNegations)) return Opinion::unclear;
    const auto opinion = opinion_of_word(word);
    if (!opinion) continue;
    if (all && all != opinion) return Opinion::unclear;
    all = opinion;
  }
  return all.value_or(Opinion::unclear);
}

}  // namespace e2lm::submission
