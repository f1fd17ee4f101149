#include "scoring/items/item_selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "base/parallel.h"
#include "base/random.h"
#include "scoring/items/selection_data.h"
#include "scoring/items/selection_score.h"
#include "scoring/statistics/random_stream.h"

namespace e2lm {
namespace {

constexpr int64_t kGrain = 64;  // candidates, or a few draws, of one piece of work

// Why a goal cannot be told on one side, or nothing.
std::string objection(SelectionGoal goal, const SeriesRows& rows) {
  const auto longest = std::max_element(
      rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  const int64_t most = longest == rows.end() ? 0 : std::ssize(*longest);
  if (rows.empty()) return "no series is left";
  switch (goal) {
    case SelectionGoal::signal_quality:
      return most >= 8 ? "" : fmt::format("signal quality needs 8 checkpoints, of {}", most);
    case SelectionGoal::signal_to_noise:
      if (rows.size() < 2) return "signal to noise needs two series, of 1";
      return most >= 2 ? "" : "signal to noise needs two checkpoints, of 1";
    case SelectionGoal::discrimination:
      return most >= 2 || rows.size() >= 2 ? "" : "discrimination needs two checkpoints, of 1";
  }
  return "";
}

void check(const TaskCurves& task, const SelectionRules& rules, int64_t items,
           const SelectionSplit& split) {
  const std::string where = fmt::format("{}, {}", task.task, task.metric);
  if (rules.count > items) {
    throw Error(where, fmt::format("{} items cannot be chosen of {}", rules.count, items));
  }
  const std::string train = objection(rules.goal, split.train);
  if (!train.empty()) {
    throw Error(where, train + " to choose by",
                rules.hold_out == HoldOut::none ? "" : "a longer series, or nothing held out");
  }
  if (rules.hold_out == HoldOut::none) return;
  const std::string held_out = objection(rules.goal, split.held_out);
  if (!held_out.empty()) {
    throw Error(where, held_out + " held out", "to hold out something else, or nothing");
  }
}

// The search: items one at a time, see select_items.
class Search {
 public:
  Search(const SelectionValues& values, const SelectionPart& train, const SelectionRules& rules)
      : values_(values),
        train_(train),
        rules_(rules),
        item_variance_(values.mean_variance(train.rows())),
        random_(static_cast<int64_t>(rules.seed >> 1)),
        sums_(values.rows()) {
    for (int64_t i = 0; i < values.items(); ++i) {
      (values.varies(i, train.rows()) ? left_ : constant_).push_back(i);
    }
  }

  std::vector<int64_t> run() {
    const int64_t wanted = std::min(rules_.count, std::ssize(left_));
    std::vector<int64_t> chosen =
        rules_.goal == SelectionGoal::discrimination ? best_alone(wanted) : best_together(wanted);
    for (size_t i = 0; std::ssize(chosen) < rules_.count; ++i) chosen.push_back(constant_[i]);
    return chosen;
  }

 private:
  std::vector<int64_t> best_together(int64_t count) {
    const int64_t trials = std::max<int64_t>(kGrain, rules_.trials / rules_.count);
    std::vector<int64_t> chosen;
    while (std::ssize(chosen) < count) {
      const int64_t candidates = std::min<int64_t>(trials, std::ssize(left_));
      shuffle_to_front(candidates);
      const int64_t place = best_of(candidates);
      chosen.push_back(left_[place]);
      values_.add(left_[place], sums_);
      left_[place] = left_.back();
      left_.pop_back();
    }
    return chosen;
  }

  // A sum of the items' own scores needs no search.
  std::vector<int64_t> best_alone(int64_t count) {
    const std::vector<double>& score = train_.discrimination();
    std::stable_sort(left_.begin(), left_.end(),
                     [&](int64_t a, int64_t b) { return score[a] > score[b]; });
    left_.resize(count);
    return left_;
  }

  // A random sample of what is left becomes its first part.
  void shuffle_to_front(int64_t candidates) {
    if (candidates == std::ssize(left_)) return;
    for (int64_t i = 0; i < candidates; ++i) {
      std::swap(left_[i], left_[i + random_.below(std::ssize(left_) - i)]);
    }
  }

  int64_t best_of(int64_t candidates) {
    trial_.resize(candidates);
    parallel_for(rules_.threads, candidates, kGrain, [&](int64_t first, int64_t last) {
      TrialScore score(rules_.goal, train_.rows(), item_variance_);
      for (int64_t i = first; i < last; ++i) trial_[i] = score(sums_, values_.item(left_[i]));
    });
    int64_t best = 0;
    for (int64_t i = 1; i < candidates; ++i) {
      if (trial_[i] < trial_[best]) continue;
      if (trial_[i] > trial_[best] || left_[i] < left_[best]) best = i;
    }
    return best;
  }

  const SelectionValues& values_;
  const SelectionPart& train_;
  const SelectionRules& rules_;
  double item_variance_;
  Random random_;
  std::vector<int64_t> left_, constant_;
  std::vector<double> sums_;   // [rows] of the items chosen
  std::vector<double> trial_;  // score of each candidate
};

// 10, 20, 50, 100, .. and the last.
std::vector<int64_t> sizes_up_to(int64_t count) {
  std::vector<int64_t> sizes;
  for (int64_t power = 10; power < count; power *= 10) {
    for (const int64_t size : {power, 2 * power, 5 * power}) {
      if (size < count) sizes.push_back(size);
    }
  }
  sizes.push_back(count);
  return sizes;
}

// [sizes][parts] scores of the first so many of some items.
using Scores = std::vector<std::vector<std::optional<double>>>;

Scores scores_of(const SelectionValues& values, const std::vector<const SelectionPart*>& parts,
                 std::span<const int64_t> items, std::span<const int64_t> sizes) {
  Scores scores;
  std::vector<double> sums(values.rows());
  int64_t added = 0;
  for (const int64_t size : sizes) {
    while (added < size) values.add(items[added++], sums);
    auto& row = scores.emplace_back();
    for (const SelectionPart* part : parts) row.push_back(part->score(items.first(size), sums));
  }
  return scores;
}

void add_random(const std::vector<Scores>& draws, size_t size, size_t part, SelectionScore& into) {
  std::vector<double> all;
  for (const Scores& draw : draws) {
    if (draw[size][part]) all.push_back(*draw[size][part]);
  }
  if (all.empty()) return;
  into.random_mean = std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size());
  into.random_interval = percentile_interval(all);
}

std::vector<Scores> random_draws(const SelectionValues& values,
                                 const std::vector<const SelectionPart*>& parts,
                                 std::span<const int64_t> sizes, const SelectionRules& rules) {
  std::vector<Scores> draws(rules.draws);
  parallel_for(rules.threads, rules.draws, 1, [&](int64_t draw, int64_t) {
    Random random(static_cast<int64_t>(RandomStream(rules.seed, draw).word() >> 1));
    const std::vector<int64_t> items = random.sample(values.items(), sizes.back());
    draws[draw] = scores_of(values, parts, items, sizes);
  });
  return draws;
}

}  // namespace

ItemSelection select_items(const TaskCurves& task, const SelectionRules& rules) {
  assert(rules.count > 0);
  const std::vector<const SeriesCurve*> series = series_that_count(task);
  if (series.empty()) {
    throw Error(fmt::format("{}, {}", task.task, task.metric), "has no values of single items");
  }
  const SelectionValues values(task, series);
  if (const auto item = values.first_unusable()) {
    throw Error(fmt::format("{}, {}", task.task, task.metric),
                fmt::format("document {} has a value that is not finite", task.document(*item)));
  }
  SelectionSplit split = split_rows(values.series_rows(), rules.hold_out);
  check(task, rules, values.items(), split);
  ItemSelection result;
  for (size_t s = 0; s < series.size(); ++s) {
    const bool held = rules.hold_out == HoldOut::series && s % 2 == 1;
    if (!held) result.train_series.push_back(series[s]->series);
    if (held || rules.hold_out == HoldOut::checkpoints) {
      result.held_out_series.push_back(series[s]->series);
    }
  }
  const SelectionPart train(values, std::move(split.train), rules.goal);
  const SelectionPart held_out(values, std::move(split.held_out), rules.goal);
  const std::vector<const SelectionPart*> parts = {&train, &held_out};
  const std::vector<int64_t> items = Search(values, train, rules).run();
  for (const int64_t item : items) result.documents.push_back(task.document(item));
  const std::vector<int64_t> sizes = sizes_up_to(rules.count);
  const Scores scores = scores_of(values, parts, items, sizes);
  const std::vector<Scores> draws = random_draws(values, parts, sizes, rules);
  for (size_t i = 0; i < sizes.size(); ++i) {
    SelectionSize size{.items = sizes[i]};
    size.train.chosen = scores[i][0];
    size.held_out.chosen = scores[i][1];
    add_random(draws, i, 0, size.train);
    add_random(draws, i, 1, size.held_out);
    result.sizes.push_back(size);
  }
  std::vector<int64_t> everything(values.items());
  std::iota(everything.begin(), everything.end(), 0);
  const Scores all = scores_of(values, parts, everything, std::vector{values.items()});
  result.all_train = all[0][0];
  result.all_held_out = all[0][1];
  return result;
}

}  // namespace e2lm
