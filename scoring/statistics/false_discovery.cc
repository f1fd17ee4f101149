#include "scoring/statistics/false_discovery.h"

#include <algorithm>
#include <cstdint>

namespace e2lm {

std::vector<std::optional<double>> false_discovery(std::span<const std::optional<double>> p) {
  std::vector<size_t> order;
  for (size_t i = 0; i < p.size(); ++i) {
    if (p[i]) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return *p[a] < *p[b]; });
  std::vector<std::optional<double>> adjusted(p.size());
  double smallest = 1;
  for (int64_t i = std::ssize(order) - 1; i >= 0; --i) {
    const double tests = static_cast<double>(order.size());
    smallest = std::min(smallest, *p[order[i]] * tests / static_cast<double>(i + 1));
    adjusted[order[i]] = smallest;
  }
  return adjusted;
}

}  // namespace e2lm
