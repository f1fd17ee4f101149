#include "scoring/metrics/statistic.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"

namespace e2lm {
namespace {

// A negative gold counts from the end, as an index of the original's arrays does.
double brier_distance(int32_t gold, const std::vector<double>& probabilities) {
  const auto choices = static_cast<int32_t>(probabilities.size());
  const int32_t place = gold < 0 ? gold + choices : gold;
  if (place < 0 || place >= choices) {
    throw Error("brier_score", fmt::format("a document's gold {} is none of its choices", gold),
                fmt::format("an index below {}", choices));
  }
  double sum = 0;
  for (int32_t i = 0; i < choices; ++i) {
    const double difference = probabilities[i] - (i == place ? 1.0 : 0.0);
    sum += difference * difference;
  }
  return sum;
}

}  // namespace

std::vector<double> numbers_of(MetricValues values) {
  std::vector<double> numbers;
  numbers.reserve(values.size());
  for (const MetricValue& value : values) numbers.push_back(std::get<double>(value));
  return numbers;
}

Median::Median(MetricValues values) : rank_(values.size()) {
  const std::vector<double> numbers = numbers_of(values);
  std::vector<size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return numbers[a] < numbers[b]; });
  for (const size_t index : order) {
    rank_[index] = sorted_.size();
    sorted_.push_back(numbers[index]);
  }
}

double Median::result() const {
  size_t rank = 0;
  for (size_t seen = count_[0]; seen <= sorted_.size() / 2;) seen += count_[++rank];
  return sorted_[rank];
}

double MeanOverSize::result() const {
  if (size_ == 0) throw Error("weighted mean", "the documents have no words or bytes");
  return nats_ / static_cast<double>(size_);
}

Confusion::Confusion(MetricValues values) {
  for (const MetricValue& value : values) {
    const auto& pair = std::get<GoldAndPrediction>(value);
    labels_.insert(labels_.end(), {pair.gold, pair.prediction});
  }
  std::sort(labels_.begin(), labels_.end());
  labels_.erase(std::unique(labels_.begin(), labels_.end()), labels_.end());
  for (const MetricValue& value : values) {
    const auto& pair = std::get<GoldAndPrediction>(value);
    cell_.push_back(place(pair.gold) * labels_.size() + place(pair.prediction));
  }
}

size_t Confusion::place(int32_t label) const {
  return std::lower_bound(labels_.begin(), labels_.end(), label) - labels_.begin();
}

double Confusion::golds(size_t label) const {
  double sum = 0;
  for (size_t other = 0; other < labels_.size(); ++other) sum += count(label, other);
  return sum;
}

double Confusion::predictions(size_t label) const {
  double sum = 0;
  for (size_t other = 0; other < labels_.size(); ++other) sum += count(other, label);
  return sum;
}

F1::F1(MetricValues values) : Confusion(values), one_(place(1)) {
  const bool has_one = one_ < labels().size() && labels()[one_] == 1;
  if (labels().size() > 2 || (labels().size() == 2 && !has_one)) {
    throw Error("f1", fmt::format("the labels are {}", fmt::join(labels(), ", ")),
                "label 1 and one other");
  }
  if (!has_one) one_ = labels().size();
}

double F1::result() const {
  if (one_ == labels().size()) return 0;
  const double both = golds(one_) + predictions(one_);
  return both == 0 ? 0 : 2 * count(one_, one_) / both;
}

// Gorodkin's generalisation of Matthews' coefficient to several labels. All sums are of integers,
// and so exact.
double MatthewsCorrelation::result() const {
  double right = 0;
  double n = 0;
  double products = 0;
  double gold_squares = 0;
  double prediction_squares = 0;
  for (size_t label = 0; label < labels().size(); ++label) {
    const double gold = golds(label);
    const double predicted = predictions(label);
    right += count(label, label);
    n += gold;
    products += gold * predicted;
    gold_squares += gold * gold;
    prediction_squares += predicted * predicted;
  }
  const double spread = (n * n - prediction_squares) * (n * n - gold_squares);
  return spread == 0 ? 0 : (right * n - products) / std::sqrt(spread);
}

BrierScore::BrierScore(MetricValues values) {
  const size_t choices = std::get<GoldAndProbabilities>(values[0]).probabilities.size();
  for (const MetricValue& value : values) {
    const auto& [gold, probabilities] = std::get<GoldAndProbabilities>(value);
    if (probabilities.size() != choices) {
      throw Error("brier_score", "the documents differ in their number of choices",
                  "the same number in every document");
    }
    distance_.push_back(brier_distance(gold, probabilities));
  }
}

double sample_deviation(std::span<const double> numbers) {
  double sum = 0;
  for (const double number : numbers) sum += number;
  const double mean = sum / static_cast<double>(numbers.size());
  double squares = 0;
  for (const double number : numbers) squares += (number - mean) * (number - mean);
  return std::sqrt(squares / static_cast<double>(numbers.size() - 1));
}

}  // namespace e2lm
