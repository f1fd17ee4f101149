#pragma once

#include "scoring/metrics/item.h"
#include "scoring/metrics/metric_value.h"

// What each metric says of one document; what they mean stands in scoring/metrics/metric.h, which
// lists them. REQUIRES: the item is of a type that the metric fits. Each throws Error, naming
// itself, where it has no value for the item.
namespace e2lm::item_metrics {

MetricValue acc(const Item& item);
MetricValue acc_norm(const Item& item);
MetricValue acc_bytes(const Item& item);
MetricValue acc_token(const Item& item);
MetricValue acc_mutual_info(const Item& item);
MetricValue exact_match(const Item& item);
MetricValue f1(const Item& item);
MetricValue mcc(const Item& item);
MetricValue brier_score(const Item& item);
MetricValue likelihood(const Item& item);
MetricValue prob_norm(const Item& item);
MetricValue margin(const Item& item);
MetricValue margin_mean(const Item& item);
MetricValue gold_bpb(const Item& item);
MetricValue perplexity(const Item& item);
MetricValue over_words(const Item& item);
MetricValue over_bytes(const Item& item);

}  // namespace e2lm::item_metrics
