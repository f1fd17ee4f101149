#include "harness/results/token_findings.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>

namespace e2lm {
namespace {

using Tokens = std::map<int64_t, double>;  // by step

std::optional<Finding> first_fall(const std::string& series, const Tokens& tokens) {
  const Tokens::value_type* before = nullptr;
  for (const auto& checkpoint : tokens) {
    if (before && checkpoint.second < before->second) {
      return Finding{.kind = "falling tokens",
                     .series = series,
                     .task = {},
                     .metric = {},
                     .step = checkpoint.first,
                     .text = fmt::format("{} has seen {:.6g} tokens at step {} and only {:.6g} at "
                                         "step {}; early and late go by tokens",
                                         series, before->second, before->first, checkpoint.second,
                                         checkpoint.first)};
    }
    before = &checkpoint;
  }
  return {};
}

}  // namespace

std::vector<Finding> falling_tokens(const std::vector<ReportCell>& cells) {
  std::vector<std::string> order;
  std::map<std::string, Tokens> by_series;
  for (const ReportCell& cell : cells) {
    const auto [tokens, is_new] = by_series.try_emplace(cell.series);
    if (is_new) order.push_back(cell.series);
    if (cell.tokens > 0) tokens->second[cell.step] = cell.tokens;
  }
  std::vector<Finding> findings;
  for (const std::string& series : order) {
    if (auto finding = first_fall(series, by_series[series])) {
      findings.push_back(std::move(*finding));
    }
  }
  return findings;
}

}  // namespace e2lm
