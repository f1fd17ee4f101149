#include "harness/import/disagreements.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace e2lm {
namespace {

// What the first row says, and what the first does that says something else.
struct Sayings {
  double value = 0;
  const ScoreRow* first = nullptr;
  double other_value = 0;
  const ScoreRow* other = nullptr;

  void add(double said, const ScoreRow& row) {
    if (!first) {
      value = said;
      first = &row;
    } else if (!other && std::abs(said - value) > 0.01 * std::max(said, value)) {
      other_value = said;
      other = &row;
    }
  }

  std::string text() const {
    return fmt::format("{:.6g} by {} and {:.6g} by {}", value, first->score.where, other_value,
                       other->score.where);
  }
};

// Of a series whose steps are these.
std::optional<Finding> tokens_finding(const std::string& series,
                                      const std::map<int64_t, Sayings>& steps) {
  const auto differs = [](const auto& step) { return step.second.other != nullptr; };
  const auto first = std::find_if(steps.begin(), steps.end(), differs);
  if (first == steps.end()) return {};
  const auto more = std::count_if(std::next(first), steps.end(), differs);
  return Finding{.kind = "unequal tokens",
                 .series = series,
                 .task = {},
                 .metric = {},
                 .step = first->first,
                 .text = fmt::format(
                     "{} has seen {} at step {}{}; the first counts", series, first->second.text(),
                     first->first, more > 0 ? fmt::format(", and at {} more likewise", more) : "")};
}

}  // namespace

std::vector<Finding> disagreements(std::span<const ScoreRow> rows) {
  std::map<std::string, std::map<int64_t, Sayings>> tokens;        // by series and step
  std::map<std::pair<std::string, std::string>, Sayings> chances;  // by task and metric
  for (const ScoreRow& row : rows) {
    if (row.tokens.value_or(0) > 0) tokens[row.series][row.step].add(*row.tokens, row);
    if (row.score.chance) chances[{row.score.task, row.score.metric}].add(*row.score.chance, row);
  }
  std::vector<Finding> findings;
  for (const auto& [series, steps] : tokens) {
    if (auto finding = tokens_finding(series, steps)) findings.push_back(std::move(*finding));
  }
  for (const auto& [key, chance] : chances) {
    if (!chance.other) continue;
    findings.push_back(
        {.kind = "unequal chance",
         .series = {},
         .task = key.first,
         .metric = key.second,
         .step = {},
         .text = fmt::format("the level of chance is {}; the first counts", chance.text())});
  }
  return findings;
}

}  // namespace e2lm
