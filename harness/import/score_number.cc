#include "harness/import/score_number.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>

#include "base/error.h"
#include "base/text.h"
#include "harness/import/json_node.h"
#include "scoring/metrics/metric.h"

namespace e2lm {
namespace {

constexpr const char* kExpected = "a number, or null, NaN or N/A where there is none";

bool says_none(std::string_view text) {
  static const std::vector<std::string> kWords = {
      "",     "n/a",      "na",        "null",      "none", "nan", "-nan", "inf",
      "-inf", "infinity", "-infinity", "+infinity", "+inf", "-",   " "};
  return std::find(kWords.begin(), kWords.end(), ascii_lower(trim(text))) != kWords.end();
}

// What a file has in a score's place, short enough for a message.
std::string excerpt(const std::string& text) {
  constexpr size_t kMost = 60;
  if (text.size() <= kMost) return text;
  size_t end = kMost;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "..";
}

}  // namespace

ScoreNumber score_number(const Json& json, std::string_view where) {
  if (json.is_number()) {
    const auto value = json.get<double>();
    if (std::isfinite(value)) return {.value = value};
    return {.instead = value > 0 ? "Infinity" : value < 0 ? "-Infinity" : "NaN"};
  }
  if (json.is_null()) return {.instead = "null"};
  if (json.is_object() && json.size() == 1 && json.begin().key() == "__float__" &&
      json.begin()->is_string()) {
    return {.instead = excerpt(json.begin()->get<std::string>())};
  }
  if (json.is_string()) {
    const std::string text = json.get<std::string>();
    if (says_none(text)) return {.instead = text.empty() ? "nothing" : text};
    throw Error(where, fmt::format("is the text '{}'", excerpt(text)), kExpected);
  }
  throw Error(where, "is " + type_in_words(json), kExpected);
}

ScoreNumber parse_score(std::string_view text, std::string_view where) {
  const std::string word(trim(text));
  if (says_none(word)) return {.instead = word.empty() ? "nothing" : word};
  char* end = nullptr;
  const double value = std::strtod(word.c_str(), &end);
  if (*end != '\0') throw Error(where, fmt::format("'{}' is no number", excerpt(word)), kExpected);
  if (!std::isfinite(value)) return {.instead = value > 0 ? "Infinity" : "-Infinity"};
  return {.value = value};
}

std::optional<bool> parse_truth(std::string_view text, std::string_view where) {
  static constexpr std::array<std::string_view, 6> kTrue = {"true", "yes", "t", "y", "1", "1.0"};
  static constexpr std::array<std::string_view, 6> kFalse = {"false", "no", "f", "n", "0", "0.0"};
  const std::string word = ascii_lower(trim(text));
  if (word.empty()) return {};
  if (std::find(kTrue.begin(), kTrue.end(), word) != kTrue.end()) return true;
  if (std::find(kFalse.begin(), kFalse.end(), word) != kFalse.end()) return false;
  throw Error(where,
              fmt::format("'{}' is neither true nor false", excerpt(std::string(trim(text)))),
              "true, yes, 1, false, no, 0, or nothing where it is not known");
}

std::optional<std::string> error_of(std::string_view column) {
  for (const std::string_view ending : {"_stderr", "_standard_error", "_se"}) {
    if (column.size() > ending.size() && column.ends_with(ending)) {
      return std::string(column.substr(0, column.size() - ending.size()));
    }
  }
  return {};
}

bool is_stderr(std::string_view key) {
  constexpr std::string_view kEnding = "_stderr";
  return key.size() > kEnding.size() && key.ends_with(kEnding);
}

bool higher_is_better(std::string_view task, std::string_view metric) {
  const std::string name(metric == "score" ? task : metric.substr(0, metric.find(',')));
  if (const Metric* known = find_metric(name)) return known->higher_is_better;
  static constexpr std::array<std::string_view, 8> kLower = {
      "ter",   "wer", "cer", "likelihood_difference", "likelihood_diff", "pct_stereotype",
      "brier", "ece"};
  static constexpr std::array<std::string_view, 8> kLowerEnds = {
      "ppl",           "perplexity", "loss",          "nll",
      "cross_entropy", "bpb",        "bits_per_byte", "bits_per_token"};
  const std::string lower = ascii_lower(name);
  const auto ends = [&](std::string_view ending) {
    if (!lower.ends_with(ending)) return false;
    const size_t before = lower.size() - ending.size();
    return before == 0 || std::isalnum(static_cast<unsigned char>(lower[before - 1])) == 0;
  };
  return std::find(kLower.begin(), kLower.end(), lower) == kLower.end() &&
         std::none_of(kLowerEnds.begin(), kLowerEnds.end(), ends);
}

}  // namespace e2lm
