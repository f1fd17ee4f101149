#pragma once

#include <cstdint>
#include <variant>
#include <vector>

namespace e2lm {

// What a metric says of one document. Most say a number; the others are what an aggregation needs
// of each document, and what lm-evaluation-harness writes beside it into its sample files.

struct OverSize {  // a log-likelihood and the words or bytes it is spread over
  double nats = 0;
  int64_t size = 0;
};

struct GoldAndPrediction {  // indices of choices; a negative gold is a label of its own
  int32_t gold = 0;
  int32_t prediction = 0;
};

struct GoldAndProbabilities {
  int32_t gold = 0;
  std::vector<double> probabilities;  // [choices], of sum 1
};

struct GoldAndLogprobs {
  int32_t gold = 0;
  std::vector<double> nats;  // [choices]
};

using MetricValue =
    std::variant<double, OverSize, GoldAndPrediction, GoldAndProbabilities, GoldAndLogprobs>;

// Which of them, in the variant's order.
enum class ValueKind { number, over_size, prediction, probabilities, logprobs };

inline ValueKind kind_of(const MetricValue& value) {
  return static_cast<ValueKind>(value.index());
}

}  // namespace e2lm
