#include "scoring/curves/curve_draws.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <set>

#include "base/hash.h"
#include "base/parallel.h"
#include "scoring/statistics/random_stream.h"

namespace e2lm {
namespace {

constexpr int64_t kBlock = 128;  // draws whose counts are multiplied at once

using Counts = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// How often each item comes up. Counts fit: 65536 of one item have no chance in any real draw.
void count_items(RandomStream random, std::vector<uint16_t>& counts) {
  std::fill(counts.begin(), counts.end(), uint16_t{0});
  const auto items = static_cast<uint32_t>(counts.size());
  for (uint32_t i = 0; i < items; ++i) ++counts[random.below(items)];
}

bool has_finite(const SeriesToDraw& series) {
  return std::all_of(series.rows.begin(), series.rows.end(), [&](int64_t row) {
    const std::span<const float> values = series.items.at(row);
    return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
  });
}

DrawSource source_of(const SeriesToDraw& series) {
  if (series.curve.empty()) return DrawSource::none;
  if (!series.items.empty() && has_finite(series)) return DrawSource::items;
  const bool errors = std::all_of(series.curve.begin(), series.curve.end(),
                                  [](const CurvePoint& p) { return p.standard_error.has_value(); });
  return errors ? DrawSource::standard_errors : DrawSource::none;
}

}  // namespace

std::string_view draw_source_name(DrawSource source) {
  switch (source) {
    case DrawSource::items:
      return "items";
    case DrawSource::standard_errors:
      return "standard errors";
    case DrawSource::none:
      break;
  }
  return "none";
}

std::vector<float> bootstrap_means(std::span<const std::span<const float>> columns,
                                   const DrawOptions& options) {
  const int64_t width = std::ssize(columns), items = std::ssize(columns.front());
  Eigen::MatrixXf values(items, width);
  for (int64_t c = 0; c < width; ++c) {
    values.col(c) = Eigen::Map<const Eigen::VectorXf>(columns[c].data(), items);
  }
  std::vector<float> means(options.draws * width);
  parallel_for(options.threads, options.draws, kBlock, [&](int64_t first, int64_t last) {
    Counts weights(last - first, items);
    std::vector<uint16_t> counts(items);
    for (int64_t draw = first; draw < last; ++draw) {
      count_items(RandomStream(options.seed, static_cast<uint64_t>(draw)), counts);
      std::copy(counts.begin(), counts.end(), weights.row(draw - first).data());
    }
    Eigen::Map<Counts> out(means.data() + first * width, last - first, width);
    out.noalias() = weights * values;
    out /= static_cast<float>(items);
  });
  return means;
}

CurveDraws::CurveDraws(std::span<const SeriesToDraw> series, const DrawOptions& options)
    : draws_(options.draws), first_(1, 0) {
  std::set<int64_t> item_counts;
  for (const SeriesToDraw& one : series) {
    first_.push_back(first_.back() + std::ssize(one.curve));
    sources_.push_back(source_of(one));
    if (sources_.back() == DrawSource::items) item_counts.insert(one.items.items());
  }
  if (!any()) return;
  width_ = first_.back();
  values_.resize(draws_ * width_);
  // Series of unequal numbers of items have answered different ones: each number draws its own,
  // from other streams, as one word would choose the same place among both.
  for (const int64_t items : item_counts) {
    DrawOptions own = options;
    if (items != *item_counts.rbegin()) own.seed += static_cast<uint64_t>(items);
    draw_items(series, items, own);
  }
  for (int64_t s = 0; s < std::ssize(series); ++s) {
    if (sources_[s] == DrawSource::standard_errors) draw_normal(series[s], s, options);
  }
}

bool CurveDraws::any() const {
  return std::any_of(sources_.begin(), sources_.end(),
                     [](DrawSource source) { return source != DrawSource::none; });
}

void CurveDraws::draw_items(std::span<const SeriesToDraw> series, int64_t items,
                            const DrawOptions& options) {
  std::vector<std::span<const float>> columns;
  std::vector<std::pair<int64_t, double>> places;  // of each column: its point, its sign
  for (int64_t s = 0; s < std::ssize(series); ++s) {
    if (sources_[s] != DrawSource::items || series[s].items.items() != items) continue;
    for (int64_t p = 0; p < std::ssize(series[s].rows); ++p) {
      columns.push_back(series[s].items.at(series[s].rows[p]));
      places.emplace_back(first_[s] + p, series[s].sign);
    }
  }
  const std::vector<float> means = bootstrap_means(columns, options);
  const int64_t width = std::ssize(columns);
  for (int64_t draw = 0; draw < draws_; ++draw) {
    for (int64_t c = 0; c < width; ++c) {
      const auto [point, sign] = places[c];
      values_[draw * width_ + point] = sign * means[draw * width + c];
    }
  }
}

void CurveDraws::draw_normal(const SeriesToDraw& series, int64_t index,
                             const DrawOptions& options) {
  constexpr int64_t kGrain = 256;
  const double own_share = 1 - kSharedByTask - kSharedBySeries;
  const uint64_t seed = options.seed + fnv1a(series.name);
  parallel_for(options.threads, draws_, kGrain, [&](int64_t first, int64_t last) {
    for (int64_t draw = first; draw < last; ++draw) {
      RandomStream random(seed, static_cast<uint64_t>(draw));
      RandomStream task(~options.seed, static_cast<uint64_t>(draw));  // the same for every series
      const double shared = std::sqrt(kSharedByTask) * series.sign * task.normal() +
                            std::sqrt(kSharedBySeries) * random.normal();
      double* value = values_.data() + draw * width_ + first_[index];
      for (const CurvePoint& point : series.curve) {
        const double error = shared + std::sqrt(own_share) * random.normal();
        *value++ = point.value + *point.standard_error * error;
      }
    }
  });
}

}  // namespace e2lm
