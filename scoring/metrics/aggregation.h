#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "scoring/metrics/metric_value.h"

namespace e2lm {

// How standard errors are estimated that have no formula.
struct Bootstrap {
  int64_t draws = 100000;  // lm-evaluation-harness's bootstrap_iters; 0: no standard error at all
  int threads = 1;         // the result does not depend on it
};

struct Score {
  double value = 0;
  std::optional<double> standard_error;  // none is what lm-evaluation-harness prints as N/A
  int64_t items = 0;
};

// How the values of a task's documents come to one number, by lm-evaluation-harness's name and
// rules. The order of the documents matters to bootstrap errors only.
//
//   mean                sum / n
//   nanmean             the same over the values that are numbers
//   median              the value of rank floor(n/2), counted from 0
//   perplexity          exp(-mean)
//   weighted_perplexity exp(-sum of nats / sum of sizes)
//   bits_per_byte       -sum of nats / sum of sizes / ln 2
//   f1                  of label 1 against the other one; an Error if there are more than two
//   labels matthews_corrcoef   over any number of labels; 0 where gold or prediction never varies
//   brier_score         mean over documents of the sum over choices of (probability - [gold])^2
struct Aggregation {
  enum class ErrorRule { none, formula, bootstrap };

  std::string_view name;
  ValueKind kind = ValueKind::number;  // of the values it takes
  ErrorRule error = ErrorRule::none;

  // REQUIRES: at least one value, all of `kind`.
  double (*value)(std::span<const MetricValue> values) = nullptr;
  double (*standard_error)(std::span<const MetricValue> values, const Bootstrap&) = nullptr;
};

std::span<const Aggregation> aggregations();

// Null if there is none of that name.
const Aggregation* find_aggregation(std::string_view name);

// The value and its standard error: sample standard deviation / sqrt(n) for the mean; the sample
// standard deviation over bootstrap draws for median, nanmean, perplexity, f1 and
// matthews_corrcoef; none for the others, for a single value, and without draws.
//
// Draws come in chunks of min(1000, draws), a last incomplete chunk is left out, and chunk i
// resamples with CPython's random.Random(i).choices.
//
// REQUIRES: at least one value. Throws Error if a value is of another kind than the aggregation
// takes, the aggregation is not defined for these values, or a bootstrap has a single draw.
Score aggregate(const Aggregation& aggregation, std::span<const MetricValue> values,
                const Bootstrap& bootstrap = {});

}  // namespace e2lm
