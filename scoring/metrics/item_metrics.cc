#include "scoring/metrics/item_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace e2lm::item_metrics {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double nats(const Choice& choice) {
  return choice.logprob_nats;
}

double per_character(const Choice& choice) {
  return choice.logprob_nats / static_cast<double>(choice.characters);
}

double per_byte(const Choice& choice) {
  return choice.logprob_nats / static_cast<double>(choice.bytes);
}

double per_token(const Choice& choice) {
  if (choice.tokens <= 0) throw Error("acc_token", "the numbers of tokens are missing");
  return choice.logprob_nats / static_cast<double>(choice.tokens);
}

double mutual_information(const Choice& choice) {
  if (!choice.unconditional_nats) {
    throw Error("acc_mutual_info", "log-likelihoods without the context are missing");
  }
  return choice.logprob_nats - *choice.unconditional_nats;
}

using Measure = double (*)(const Choice&);

// NaN if any is, as in NumPy.
double greater(double a, double b) {
  return std::isnan(a) || a > b ? a : b;
}

// The first of the best; a value that is no number wins as it does in NumPy (0 nats over 0
// characters is one).
int32_t prediction(const Item& item, Measure measure) {
  int32_t best = 0;
  double best_value = -kInfinity;
  for (size_t i = 0; i < item.choices.size(); ++i) {
    const double value = measure(item.choices[i]);
    if (std::isnan(value)) return static_cast<int32_t>(i);
    if (value > best_value) {
      best = static_cast<int32_t>(i);
      best_value = value;
    }
  }
  return best;
}

bool is_gold(const Item& item, int32_t choice) {
  return std::find(item.gold.begin(), item.gold.end(), choice) != item.gold.end();
}

int32_t in_range(const Item& item, int32_t gold) {
  return gold < std::ssize(item.choices) ? gold : kNoGold;
}

int32_t only_gold(const Item& item, std::string_view metric) {
  if (item.gold.size() != 1) {
    throw Error(metric, fmt::format("the document has {} gold answers", item.gold.size()), "one");
  }
  return in_range(item, item.gold.front());
}

// Where gold is likeliest by the measure. Throws Error if no gold is among the choices.
double best_gold(const Item& item, std::string_view metric, Measure measure) {
  double best = -kInfinity;
  bool found = false;
  for (size_t i = 0; i < item.choices.size(); ++i) {
    if (!is_gold(item, static_cast<int32_t>(i))) continue;
    best = greater(best, measure(item.choices[i]));
    found = true;
  }
  if (!found) throw Error(metric, "the document's gold answer is none of its choices");
  return best;
}

// Their log-likelihoods. Throws Error if there is none.
std::vector<double> wrong_choices(const Item& item, std::string_view metric) {
  std::vector<double> result;
  for (size_t i = 0; i < item.choices.size(); ++i) {
    if (is_gold(item, static_cast<int32_t>(i))) continue;
    result.push_back(item.choices[i].logprob_nats);
  }
  if (result.empty()) throw Error(metric, "the document has no wrong choice");
  return result;
}

std::vector<double> logprobs(const Item& item) {
  std::vector<double> result;
  for (const Choice& choice : item.choices) result.push_back(choice.logprob_nats);
  return result;
}

std::vector<double> probabilities(const Item& item) {
  std::vector<double> result = logprobs(item);
  const double largest = *std::max_element(result.begin(), result.end());
  double sum = 0;
  for (double& value : result) sum += value = std::exp(value - largest);
  for (double& value : result) value /= sum;
  return result;
}

template <Measure measure>
MetricValue accuracy(const Item& item) {
  return is_gold(item, prediction(item, measure)) ? 1.0 : 0.0;
}

}  // namespace

MetricValue acc(const Item& item) {
  if (item.type == OutputType::multiple_choice) return accuracy<nats>(item);
  return item.choices.front().greedy ? 1.0 : 0.0;
}

MetricValue acc_norm(const Item& item) {
  return accuracy<per_character>(item);
}

MetricValue acc_bytes(const Item& item) {
  return accuracy<per_byte>(item);
}

MetricValue acc_token(const Item& item) {
  return accuracy<per_token>(item);
}

// Several gold choices are refused: the original compares with the list itself, and fails.
MetricValue acc_mutual_info(const Item& item) {
  return prediction(item, mutual_information) == only_gold(item, "acc_mutual_info") ? 1.0 : 0.0;
}

// A negative gold counts from the end, as an index of the original's lists does.
MetricValue exact_match(const Item& item) {
  bool any = false;
  for (const int32_t gold : item.gold) {
    const int32_t known = in_range(item, gold);
    if (known == kNoGold) continue;
    const auto place = known < 0 ? known + std::ssize(item.choices) : known;
    if (place < 0) throw Error("exact_match", fmt::format("{} is no gold answer", gold));
    any = any || item.choices[place].greedy;
  }
  return any ? 1.0 : 0.0;
}

MetricValue f1(const Item& item) {
  return GoldAndPrediction{only_gold(item, "f1"), prediction(item, nats)};
}

MetricValue mcc(const Item& item) {
  return GoldAndPrediction{only_gold(item, "mcc"), prediction(item, nats)};
}

MetricValue brier_score(const Item& item) {
  return GoldAndProbabilities{only_gold(item, "brier_score"), probabilities(item)};
}

MetricValue likelihood(const Item& item) {
  return GoldAndLogprobs{only_gold(item, "likelihood"), logprobs(item)};
}

MetricValue prob_norm(const Item& item) {
  const std::vector<double> all = probabilities(item);
  double sum = 0;
  for (size_t i = 0; i < all.size(); ++i) {
    if (is_gold(item, static_cast<int32_t>(i))) sum += all[i];
  }
  return sum;
}

MetricValue margin(const Item& item) {
  const std::vector<double> others = wrong_choices(item, "margin");
  return best_gold(item, "margin", nats) -
         std::accumulate(others.begin(), others.end(), -kInfinity, greater);
}

MetricValue margin_mean(const Item& item) {
  const std::vector<double> others = wrong_choices(item, "margin_mean");
  const double sum = std::accumulate(others.begin(), others.end(), 0.0);
  return best_gold(item, "margin_mean", nats) - sum / static_cast<double>(others.size());
}

MetricValue gold_bpb(const Item& item) {
  const double best = item.type == OutputType::multiple_choice
                          ? best_gold(item, "gold_bpb", per_byte)
                          : per_byte(item.choices.front());
  return -best / std::numbers::ln2;
}

MetricValue perplexity(const Item& item) {
  return item.choices.front().logprob_nats;
}

MetricValue over_words(const Item& item) {
  return OverSize{item.choices.front().logprob_nats, item.choices.front().words};
}

MetricValue over_bytes(const Item& item) {
  return OverSize{item.choices.front().logprob_nats, item.choices.front().bytes};
}

}  // namespace e2lm::item_metrics
