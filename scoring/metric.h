#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "scoring/item.h"

namespace e2lm {

// A number per item; its mean over a task's items is the task's score at a checkpoint.
struct Metric {
  std::string_view name;  // as task files and lm-evaluation-harness call it
  std::string_view what;
  double (*value)(const Item& item);
  bool is_accuracy;  // 0 or 1 per item: guessing scores 1 / choices, which is then the chance level
};

// acc         arg-max of the summed log-probability is the gold choice (first of equal ones)
// acc_norm    the same after division by the characters of each choice
// margin      gold minus the best other choice, nats
// margin_mean gold minus the mean of the other choices, nats (E2LM winner "morai")
std::span<const Metric> metrics();

// Null if there is none of that name.
const Metric* find_metric(std::string_view name);

struct Score {
  double mean = 0;
  double standard_error = 0;  // sample standard deviation / sqrt(n); 0 for a single item
  int64_t items = 0;
};

// REQUIRES: at least one item.
Score score_items(const Metric& metric, std::span<const Item> items);

// What guessing scores on these items; none for a metric without such a level.
std::optional<double> chance_level(const Metric& metric, std::span<const Item> items);

}  // namespace e2lm
