#pragma once

#include "scoring/metrics/item.h"
#include "scoring/metrics/metric_value.h"

// The continuous proxies of accuracy of DataDecide (Magnusson et al. 2025, arXiv:2504.11393), which
// predict at small scale what accuracy does not yet show. p_i = exp(l_i) of choice i, where l_i is
// its log-likelihood, or that per character or per token of the choice:
//
//   correct_prob       p of the gold choice (of several, their sum)
//   total_prob         Σ p_i
//   norm_correct_prob  correct_prob / total_prob
//   prob_margin        p of the likeliest gold choice minus p of the likeliest other; their
//   `margin`,
//                      which is the name of a difference in nats here
//
// REQUIRES: multiple choice. Each throws Error where it has no value for the item.
namespace e2lm::item_metrics {

enum class Per { choice, character, token };

template <Per per>
MetricValue correct_prob(const Item& item);
template <Per per>
MetricValue total_prob(const Item& item);
template <Per per>
MetricValue norm_correct_prob(const Item& item);
template <Per per>
MetricValue prob_margin(const Item& item);

}  // namespace e2lm::item_metrics
