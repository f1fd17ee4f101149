#include "scoring/metrics/probability_metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/error.h"

namespace e2lm::item_metrics {
namespace {

template <Per per>
std::vector<double> log_likelihoods(const Item& item) {
  std::vector<double> result;
  for (const Choice& choice : item.choices) {
    const int32_t units = per == Per::choice      ? 1
                          : per == Per::character ? choice.characters
                                                  : choice.tokens;
    if (units <= 0) throw Error("probability of a choice", "its length is 0 or missing");
    result.push_back(choice.logprob_nats / static_cast<double>(units));
  }
  return result;
}

bool is_gold(const Item& item, size_t choice) {
  return std::find(item.gold.begin(), item.gold.end(), static_cast<int32_t>(choice)) !=
         item.gold.end();
}

double gold_sum(const Item& item, const std::vector<double>& probabilities) {
  double sum = 0;
  for (size_t i = 0; i < probabilities.size(); ++i) {
    if (is_gold(item, i)) sum += probabilities[i];
  }
  return sum;
}

// exp(l_i - shift)
std::vector<double> probabilities(std::vector<double> values, double shift) {
  for (double& value : values) value = std::exp(value - shift);
  return values;
}

double sum_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

template <Per per>
MetricValue correct_prob(const Item& item) {
  return gold_sum(item, probabilities(log_likelihoods<per>(item), 0));
}

template <Per per>
MetricValue total_prob(const Item& item) {
  return sum_of(probabilities(log_likelihoods<per>(item), 0));
}

// Relative to the likeliest: long choices have no probability that a double could hold.
template <Per per>
MetricValue norm_correct_prob(const Item& item) {
  std::vector<double> values = log_likelihoods<per>(item);
  const double largest = *std::max_element(values.begin(), values.end());
  values = probabilities(std::move(values), largest);
  return gold_sum(item, values) / sum_of(values);
}

template <Per per>
MetricValue prob_margin(const Item& item) {
  const std::vector<double> values = probabilities(log_likelihoods<per>(item), 0);
  double gold = -1, other = -1;
  for (size_t i = 0; i < values.size(); ++i) {
    double& best = is_gold(item, i) ? gold : other;
    best = std::max(best, values[i]);
  }
  if (gold < 0) throw Error("prob_margin", "the document's gold answer is none of its choices");
  if (other < 0) throw Error("prob_margin", "the document has no wrong choice");
  return gold - other;
}

template MetricValue correct_prob<Per::choice>(const Item&);
template MetricValue correct_prob<Per::character>(const Item&);
template MetricValue correct_prob<Per::token>(const Item&);
template MetricValue total_prob<Per::choice>(const Item&);
template MetricValue total_prob<Per::character>(const Item&);
template MetricValue total_prob<Per::token>(const Item&);
template MetricValue norm_correct_prob<Per::choice>(const Item&);
template MetricValue norm_correct_prob<Per::character>(const Item&);
template MetricValue norm_correct_prob<Per::token>(const Item&);
template MetricValue prob_margin<Per::choice>(const Item&);
template MetricValue prob_margin<Per::character>(const Item&);
template MetricValue prob_margin<Per::token>(const Item&);

}  // namespace e2lm::item_metrics
