#include "scoring/metric.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

namespace e2lm {
namespace {

template <typename Value>
double gold_is_best(const Item& item, const Value& value) {
  size_t best = 0;
  for (size_t i = 1; i < item.choices.size(); ++i) {
    if (value(item.choices[i]) > value(item.choices[best])) best = i;
  }
  return best == static_cast<size_t>(item.gold) ? 1.0 : 0.0;
}

double acc(const Item& item) {
  return gold_is_best(item, [](const Choice& choice) { return choice.logprob_nats; });
}

double acc_norm(const Item& item) {
  return gold_is_best(item, [](const Choice& choice) {
    return choice.logprob_nats / static_cast<double>(choice.characters);
  });
}

double margin(const Item& item) {
  double best_other = -std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < item.choices.size(); ++i) {
    if (i != static_cast<size_t>(item.gold)) {
      best_other = std::max(best_other, item.choices[i].logprob_nats);
    }
  }
  return item.choices[item.gold].logprob_nats - best_other;
}

double margin_mean(const Item& item) {
  double others = 0;
  for (size_t i = 0; i < item.choices.size(); ++i) {
    if (i != static_cast<size_t>(item.gold)) others += item.choices[i].logprob_nats;
  }
  const auto count = static_cast<double>(item.choices.size() - 1);
  return item.choices[item.gold].logprob_nats - others / count;
}

constexpr Metric kMetrics[] = {
    {"acc", "share of items whose gold choice has the highest log-likelihood", acc, true},
    {"acc_norm", "the same with log-likelihoods per character of the choice", acc_norm, true},
    {"margin", "log-likelihood of the gold choice minus that of the best other, nats", margin,
     false},
    {"margin_mean", "log-likelihood of the gold choice minus the mean of the others, nats",
     margin_mean, false},
};

}  // namespace

std::span<const Metric> metrics() {
  return kMetrics;
}

const Metric* find_metric(std::string_view name) {
  const auto found = std::find_if(std::begin(kMetrics), std::end(kMetrics),
                                  [name](const Metric& metric) { return metric.name == name; });
  return found == std::end(kMetrics) ? nullptr : found;
}

Score score_items(const Metric& metric, std::span<const Item> items) {
  assert(!items.empty());
  const auto n = static_cast<double>(items.size());
  std::vector<double> values;
  double sum = 0;
  for (const Item& item : items) {
    values.push_back(metric.value(item));
    sum += values.back();
  }
  const double mean = sum / n;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const double error = items.size() > 1 ? std::sqrt(squares / (n - 1) / n) : 0.0;
  return {.mean = mean, .standard_error = error, .items = std::ssize(items)};
}

std::optional<double> chance_level(const Metric& metric, std::span<const Item> items) {
  if (!metric.is_accuracy || items.empty()) return {};
  double sum = 0;
  for (const Item& item : items) sum += 1.0 / static_cast<double>(item.choices.size());
  return sum / static_cast<double>(items.size());
}

}  // namespace e2lm
