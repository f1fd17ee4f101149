#include "scoring/metrics/metric.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <set>
#include <utility>

#include "base/error.h"
#include "scoring/metrics/item_metrics.h"
#include "scoring/metrics/probability_metrics.h"

namespace e2lm {
namespace {

constexpr auto kChoice = OutputType::multiple_choice;
constexpr auto kLikelihood = OutputType::loglikelihood;
constexpr auto kRolling = OutputType::loglikelihood_rolling;

Metric accuracy(std::string_view name, std::string_view what, MetricValue (*value)(const Item&)) {
  return {.name = name,
          .what = what,
          .types = {kChoice},
          .aggregation = "mean",
          .is_accuracy = true,
          .value = value};
}

Metric mean(std::string_view name, std::string_view what, MetricValue (*value)(const Item&)) {
  return {.name = name, .what = what, .types = {kChoice}, .aggregation = "mean", .value = value};
}

Metric labels(std::string_view name, std::string_view what, std::string_view aggregation,
              MetricValue (*value)(const Item&)) {
  return {.name = name,
          .what = what,
          .types = {kChoice},
          .kind = ValueKind::prediction,
          .aggregation = aggregation,
          .value = value};
}

Metric rolling(std::string_view name, std::string_view what, std::string_view aggregation,
               MetricValue (*value)(const Item&)) {
  return {.name = name,
          .what = what,
          .types = {kRolling},
          .kind = ValueKind::over_size,
          .aggregation = aggregation,
          .higher_is_better = false,
          .value = value};
}

std::vector<Metric> accuracies() {
  namespace values = item_metrics;
  Metric acc = accuracy(
      "acc", "share of documents whose gold choice has the highest log-likelihood", values::acc);
  acc.types.push_back(kLikelihood);
  Metric mutual = accuracy(
      "acc_mutual_info", "the same with log-likelihoods less those of the choices without context",
      values::acc_mutual_info);
  mutual.needs_unconditional = true;
  return {
      std::move(acc),
      accuracy("acc_norm", "the same with log-likelihoods per character of the choice",
               values::acc_norm),
      accuracy("acc_bytes", "the same with log-likelihoods per UTF-8 byte", values::acc_bytes),
      accuracy("acc_token", "the same with log-likelihoods per token", values::acc_token),
      std::move(mutual),
  };
}

std::vector<Metric> other_metrics_of_choices() {
  namespace values = item_metrics;
  Metric gold_bpb = mean("gold_bpb", "bits per UTF-8 byte of the gold answer", values::gold_bpb);
  gold_bpb.types.push_back(kLikelihood);
  gold_bpb.higher_is_better = false;
  return {
      mean("exact_match",
           "share of documents whose gold choice is the model's first at every token",
           values::exact_match),
      labels("f1", "F1 of choice 1 against the other one", "f1", values::f1),
      labels("mcc", "Matthews correlation of gold and predicted choices", "matthews_corrcoef",
             values::mcc),
      {.name = "brier_score",
       .what = "squared distance of the choices' probabilities from the gold answer",
       .types = {kChoice},
       .kind = ValueKind::probabilities,
       .aggregation = "brier_score",
       .higher_is_better = false,
       .value = values::brier_score},
      {.name = "likelihood",
       .what = "gold choice and log-likelihoods of each document, for sample files",
       .types = {kChoice},
       .kind = ValueKind::logprobs,
       .value = values::likelihood},
      mean("prob_norm", "probability of the gold choices among all choices", values::prob_norm),
      mean("margin", "log-likelihood of the gold choice minus that of the best other, nats",
           values::margin),
      mean("margin_mean", "log-likelihood of the gold choice minus the mean of the others, nats",
           values::margin_mean),
      std::move(gold_bpb),
  };
}

// DataDecide's; by choice, per character and per token.
std::vector<Metric> probabilities() {
  using namespace item_metrics;
  return {
      mean("correct_prob", "probability of the gold choice", correct_prob<Per::choice>),
      mean("correct_prob_per_char", "the same, its root by the number of characters",
           correct_prob<Per::character>),
      mean("correct_prob_per_token", "the same, its root by the number of tokens",
           correct_prob<Per::token>),
      mean("total_prob", "sum of the choices' probabilities", total_prob<Per::choice>),
      mean("total_prob_per_char", "the same of their roots by characters",
           total_prob<Per::character>),
      mean("total_prob_per_token", "the same of their roots by tokens", total_prob<Per::token>),
      mean("norm_correct_prob", "correct_prob / total_prob", norm_correct_prob<Per::choice>),
      mean("norm_correct_prob_per_char", "correct_prob_per_char / total_prob_per_char",
           norm_correct_prob<Per::character>),
      mean("norm_correct_prob_per_token", "correct_prob_per_token / total_prob_per_token",
           norm_correct_prob<Per::token>),
      mean("prob_margin", "probability of the gold choice minus that of the best other",
           prob_margin<Per::choice>),
      mean("prob_margin_per_char", "the same of their roots by characters",
           prob_margin<Per::character>),
      mean("prob_margin_per_token", "the same of their roots by tokens", prob_margin<Per::token>),
  };
}

std::vector<Metric> metrics_of_texts() {
  namespace values = item_metrics;
  return {
      {.name = "perplexity",
       .what = "exp of minus the mean log-likelihood of the targets",
       .types = {kLikelihood},
       .aggregation = "perplexity",
       .higher_is_better = false,
       .value = values::perplexity},
      rolling("word_perplexity", "perplexity of the texts per word", "weighted_perplexity",
              values::over_words),
      rolling("byte_perplexity", "perplexity of the texts per UTF-8 byte", "weighted_perplexity",
              values::over_bytes),
      rolling("bits_per_byte", "bits per UTF-8 byte of the texts", "bits_per_byte",
              values::over_bytes),
  };
}

std::vector<Metric> make_metrics() {
  std::vector<Metric> all = accuracies();
  for (const auto& more : {other_metrics_of_choices(), probabilities(), metrics_of_texts()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace

bool Metric::fits(OutputType type) const {
  return std::find(types.begin(), types.end(), type) != types.end();
}

std::span<const Metric> metrics() {
  static const std::vector<Metric> kAll = make_metrics();
  return kAll;
}

const Metric* find_metric(std::string_view name) {
  const std::span<const Metric> all = metrics();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [name](const Metric& metric) { return metric.name == name; });
  return found == all.end() ? nullptr : &*found;
}

std::span<const std::string_view> default_metrics(OutputType type) {
  static constexpr std::string_view kOfChoice[] = {"acc", "acc_norm"};
  static constexpr std::string_view kOfLikelihood[] = {"perplexity", "acc"};
  static constexpr std::string_view kOfRolling[] = {"word_perplexity", "byte_perplexity",
                                                    "bits_per_byte"};
  if (type == kChoice) return kOfChoice;
  if (type == kLikelihood) return kOfLikelihood;
  return kOfRolling;
}

std::string objection_to(std::string_view name, OutputType type, std::string_view aggregation) {
  const Metric* metric = find_metric(name);
  if (!metric) {
    return fmt::format("the metric '{}' is unknown; `e2lm ls metrics` shows those there are", name);
  }
  if (!metric->fits(type)) {
    return fmt::format("the metric '{}' has no value in a task of type {}", name,
                       output_type_name(type));
  }
  if (aggregation.empty()) aggregation = metric->aggregation;
  if (aggregation.empty()) return fmt::format("the metric '{}' has no aggregation", name);
  const Aggregation* found = find_aggregation(aggregation);
  if (!found) {
    std::vector<std::string_view> names;
    for (const Aggregation& known : aggregations()) names.push_back(known.name);
    return fmt::format("the aggregation '{}' is unknown; there are {}", aggregation,
                       fmt::join(names, ", "));
  }
  if (found->kind != metric->kind) {
    return fmt::format("the metric '{}' cannot be aggregated by '{}'", name, aggregation);
  }
  return {};
}

std::vector<MetricValue> item_values(const Metric& metric, std::span<const Item> items) {
  std::vector<MetricValue> values;
  values.reserve(items.size());
  for (const Item& item : items) {
    assert(metric.fits(item.type) && !item.choices.empty());
    try {
      values.push_back(metric.value(item));
    } catch (const Error& error) {
      throw Error(fmt::format("document {}", values.size()), error.what());
    }
  }
  return values;
}

Score score_items(const Metric& metric, std::span<const Item> items, const Bootstrap& bootstrap) {
  assert(!metric.aggregation.empty());
  return aggregate(*find_aggregation(metric.aggregation), item_values(metric, items), bootstrap);
}

std::optional<double> chance_level(const Metric& metric, std::span<const Item> items) {
  if (!metric.is_accuracy || items.empty()) return {};
  double sum = 0;
  for (const Item& item : items) {
    if (item.type != kChoice) return {};
    const auto choices = std::ssize(item.choices);
    std::set<int32_t> right;
    for (const int32_t gold : item.gold) {
      if (gold >= 0 && gold < choices) right.insert(gold);
    }
    sum += static_cast<double>(right.size()) / static_cast<double>(choices);
  }
  return sum / static_cast<double>(items.size());
}

}  // namespace e2lm
