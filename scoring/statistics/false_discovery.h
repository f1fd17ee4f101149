#pragma once

#include <optional>
#include <span>
#include <vector>

namespace e2lm {

// Adjusted p-values after Benjamini and Hochberg (1995), in the order given: calling every test
// with q <= 0.05 a finding keeps the expected share of false ones among the findings at 5 %,
// whatever the number of tests, where they are independent or depend positively.
//
//   q of the i-th smallest of m = min over j >= i of min(1, p_j · m / j)
//
// Tests without a p-value count as not made, and have no q.
std::vector<std::optional<double>> false_discovery(std::span<const std::optional<double>> p);

}  // namespace e2lm
