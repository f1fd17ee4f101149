#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace e2lm {

// How ranks are given to equal values.
//   stable           the earlier the lower rank (what the competition's site shows)
//   reversed         the later the lower rank
//   average_d2       the mean rank, in the d² formula
//   average_pearson  the mean rank, as Pearson's correlation of ranks (textbook Spearman)
enum class TieRule { stable, reversed, average_d2, average_pearson };

std::string_view tie_rule_name(TieRule rule);
std::optional<TieRule> find_tie_rule(std::string_view name);

// Ranks from 0, smallest first. The d² rules of equal values and Pearson's give the same ranks.
std::vector<double> ranks(std::span<const double> values, TieRule rule);

// Pearson's correlation; absent for fewer than two values, where a side is constant, or where the
// squares of values are beyond a double's range.
// REQUIRES: as many of `a` as of `b`.
std::optional<double> pearson(std::span<const double> a, std::span<const double> b);

// Spearman's rank correlation of values with their order in time, for n values and ranks r:
//   1 - 6 Σ (i - r_i)² / (n (n² - 1)),  under average_pearson the correlation of i and r_i.
// Absent for n < 2, and under average_pearson where all values are equal.
std::optional<double> rank_correlation(std::span<const double> values, TieRule rule);

// Spearman's of two sets of values, with mean ranks; absent where pearson() is.
std::optional<double> spearman(std::span<const double> a, std::span<const double> b);

// Sets of two or more equal values.
struct TieCount {
  int64_t groups = 0;
  int64_t points = 0;  // values in them
  double orders = 1;   // ways to order the equal values
};
TieCount count_ties(std::span<const double> values);

}  // namespace e2lm
