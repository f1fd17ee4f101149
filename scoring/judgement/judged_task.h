#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scoring/curves/task_curves.h"
#include "scoring/judgement/rules.h"
#include "scoring/judgement/sanity.h"

namespace e2lm {

// A task's curves made fit for judging: by step, one point for each, all numbers finite, and turned
// so that rising is progress; with who is compared with whom.
struct JudgedTask {
  struct Series {
    const SeriesCurve* given = nullptr;
    Curve curve;
    std::vector<int64_t> rows;  // of each point: its index in the curve given, and in its items

    bool is_science() const { return given->mix == Mix::science; }
    bool has_results() const { return !curve.empty(); }
    // Empty unless there are values for every point given.
    const ItemValues& items() const;
  };
  struct Pair {
    int64_t first = 0, second = 0;  // indices of series
  };
  struct Group {
    std::string name;
    std::vector<int64_t> members;  // science series with results, two at least
  };

  const TaskCurves* given = nullptr;
  double sign = 1;               // the curves are sign times those given
  std::optional<double> chance;  // likewise
  std::vector<Series> series;
  std::vector<Pair> ranked;    // science series of one group
  std::vector<Pair> controls;  // a science series and its web counterpart
  std::vector<Group> groups;
  std::vector<Finding> findings;  // what was left out, and why

  std::vector<Curve> curves() const;     // of all series
  std::vector<int64_t> science() const;  // indices of the science series with results
};

// A value, number of tokens or standard error that is not finite is taken as absent, with its point
// in the first two cases; of several points of one step the first given stays. The result refers to
// `task`.
JudgedTask prepare(const TaskCurves& task, const ScoringRules& rules);

}  // namespace e2lm
