#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

#include "scoring/metrics/metric_value.h"

namespace e2lm {

// The statistics that aggregations and their bootstrap errors are made of; for their formulas see
// scoring/metrics/aggregation.h.
//
// A statistic is built once from all values. It then meets the values of a sample by index, one
// after another, and says its result; a draw of a bootstrap thus copies nothing but counts or adds.
//
//   void reset();            an empty sample
//   void add(size_t index);
//   double result() const;   REQUIRES: as many added as there are values

using MetricValues = std::span<const MetricValue>;

// REQUIRES: every value is a number.
std::vector<double> numbers_of(MetricValues values);

class Mean {
 public:
  explicit Mean(MetricValues values) : numbers_(numbers_of(values)) {}
  void reset() { sum_ = 0; }
  void add(size_t index) { sum_ += numbers_[index]; }
  double result() const { return sum_ / static_cast<double>(numbers_.size()); }

 private:
  std::vector<double> numbers_;
  double sum_ = 0;
};

class Perplexity : public Mean {
 public:
  using Mean::Mean;
  double result() const { return std::exp(-Mean::result()); }
};

class NanMean {
 public:
  explicit NanMean(MetricValues values) : numbers_(numbers_of(values)) {}
  void reset() { sum_ = 0, count_ = 0; }
  void add(size_t index) {
    if (std::isnan(numbers_[index])) return;
    sum_ += numbers_[index];
    ++count_;
  }
  double result() const { return sum_ / static_cast<double>(count_); }  // 0 / 0 is NaN, as it is

 private:
  std::vector<double> numbers_;
  double sum_ = 0;
  int64_t count_ = 0;
};

class Median {
 public:
  explicit Median(MetricValues values);
  void reset() { count_.assign(sorted_.size(), 0); }
  void add(size_t index) { ++count_[rank_[index]]; }
  double result() const;

 private:
  std::vector<double> sorted_;
  std::vector<size_t> rank_;   // of each value
  std::vector<size_t> count_;  // values of each rank in the sample
};

class MeanOverSize {
 public:
  explicit MeanOverSize(MetricValues values) : values_(values) {}
  void reset() { nats_ = 0, size_ = 0; }
  void add(size_t index) {
    const auto& value = std::get<OverSize>(values_[index]);
    nats_ += value.nats;
    size_ += value.size;
  }
  double result() const;  // Throws Error if there is nothing to divide by.

 private:
  MetricValues values_;
  double nats_ = 0;
  int64_t size_ = 0;
};

class WeightedPerplexity : public MeanOverSize {
 public:
  using MeanOverSize::MeanOverSize;
  double result() const { return std::exp(-MeanOverSize::result()); }
};

class BitsPerByte : public MeanOverSize {
 public:
  using MeanOverSize::MeanOverSize;
  double result() const { return -MeanOverSize::result() / std::numbers::ln2; }
};

// Counts of (gold, prediction) pairs over the labels that occur.
class Confusion {
 public:
  explicit Confusion(MetricValues values);
  void reset() { count_.assign(labels_.size() * labels_.size(), 0); }
  void add(size_t index) { ++count_[cell_[index]]; }

 protected:
  const std::vector<int32_t>& labels() const { return labels_; }
  size_t place(int32_t label) const;  // the first label that is not below it
  double count(size_t gold, size_t prediction) const {
    return count_[gold * labels_.size() + prediction];
  }
  double golds(size_t label) const;
  double predictions(size_t label) const;

 private:
  std::vector<int32_t> labels_;  // sorted
  std::vector<size_t> cell_;     // of each value
  std::vector<int32_t> count_;   // [gold, prediction]
};

class F1 : public Confusion {
 public:
  explicit F1(MetricValues values);  // Throws Error for labels that have no F1.
  double result() const;

 private:
  size_t one_;  // the place of label 1; labels().size() if there is none
};

class MatthewsCorrelation : public Confusion {
 public:
  using Confusion::Confusion;
  double result() const;
};

class BrierScore {
 public:
  explicit BrierScore(MetricValues values);  // Throws Error for golds or choices that have none.
  void reset() { sum_ = 0; }
  void add(size_t index) { sum_ += distance_[index]; }
  double result() const { return sum_ / static_cast<double>(distance_.size()); }

 private:
  std::vector<double> distance_;
  double sum_ = 0;
};

// REQUIRES: two numbers at least.
double sample_deviation(std::span<const double> numbers);

}  // namespace e2lm
