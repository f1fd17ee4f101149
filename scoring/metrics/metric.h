#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scoring/metrics/aggregation.h"
#include "scoring/metrics/item.h"
#include "scoring/metrics/metric_value.h"

namespace e2lm {

// What is measured of each document, and how a task's documents come to one number.
struct Metric {
  std::string_view name;  // as task files and lm-evaluation-harness call it
  std::string_view what;
  std::vector<OutputType> types;  // of the tasks that can report it
  ValueKind kind = ValueKind::number;
  std::string_view aggregation;  // where the task file names none; empty: it has none
  bool higher_is_better = true;
  bool is_accuracy = false;          // 0 or 1 by which choice is best: guessing has a level
  bool needs_unconditional = false;  // Choice::unconditional_nats

  // REQUIRES: fits(item.type). Throws Error where the item has no such value.
  MetricValue (*value)(const Item& item) = nullptr;

  bool fits(OutputType type) const;
};

// All of them. Where several choices are equally good, the first is the model's prediction.
//
// of multiple_choice, as lm-evaluation-harness defines them
//   acc              arg-max of the log-likelihood is gold
//   acc_norm         the same after division by the characters of each choice
//   acc_bytes        by its UTF-8 bytes
//   acc_mutual_info  less the log-likelihood without the context
//   exact_match      every token of the gold choice was the model's first choice
//   f1, mcc          gold and prediction of every document, as labels
//   brier_score      squared distance of the choices' probabilities from the gold choice's 1
//   likelihood       gold and the log-likelihoods, for sample files; has no aggregation
// of multiple_choice, of this program or of other harnesses
//   acc_token        arg-max after division by the tokens of each choice
//   prob_norm        probability of the gold choices when the choices' probabilities sum to 1
//   margin           gold minus the best other choice, nats
//   margin_mean      gold minus the mean of the other choices, nats (E2LM winner "morai")
//   gold_bpb         -log2 of the gold choice's likelihood per UTF-8 byte (also of loglikelihood)
//   correct_prob, total_prob, norm_correct_prob, prob_margin, and each with _per_char or
//   _per_token:
//                    DataDecide's (scoring/metrics/probability_metrics.h)
// of loglikelihood
//   acc              every token was the model's first choice
//   perplexity       exp of minus the mean log-likelihood of the documents
// of loglikelihood_rolling
//   word_perplexity, byte_perplexity, bits_per_byte
//
// Of several gold choices margin, margin_mean and gold_bpb take the likeliest per its measure.
std::span<const Metric> metrics();

// Null if there is none of that name.
const Metric* find_metric(std::string_view name);

// What a task that lists no metrics reports.
std::span<const std::string_view> default_metrics(OutputType type);

// Why a task of this type cannot report the metric under the aggregation (empty: its default), in
// words; empty if it can.
std::string objection_to(std::string_view metric, OutputType type,
                         std::string_view aggregation = {});

// One value per item, in order. Throws Error naming the metric and the item, counted from 0.
std::vector<MetricValue> item_values(const Metric& metric, std::span<const Item> items);

// A task's value for a metric under its default aggregation. REQUIRES: at least one item, and that
// the metric has one.
Score score_items(const Metric& metric, std::span<const Item> items,
                  const Bootstrap& bootstrap = {});

// What guessing scores on these items; none for a metric without such a level.
std::optional<double> chance_level(const Metric& metric, std::span<const Item> items);

}  // namespace e2lm
