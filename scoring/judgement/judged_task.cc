#include "scoring/judgement/judged_task.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace e2lm {
namespace {

class Preparation {
 public:
  Preparation(const TaskCurves& task, const ScoringRules& rules) {
    result_.given = &task;
    const bool turn = !task.higher_is_better && rules.orientation == Orientation::natural;
    result_.sign = turn ? -1 : 1;
    if (task.chance && std::isfinite(*task.chance)) result_.chance = result_.sign * *task.chance;
  }

  JudgedTask run() {
    for (const SeriesCurve& series : result_.given->series) add_series(series);
    pair_up();
    return std::move(result_);
  }

 private:
  void add_series(const SeriesCurve& given) {
    JudgedTask::Series series{.given = &given};
    std::vector<int64_t> order(given.curve.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
      return given.curve[a].step < given.curve[b].step;
    });
    for (const int64_t row : order) {
      CurvePoint point = given.curve[row];
      if (!std::isfinite(point.value) || !std::isfinite(point.tokens)) {
        note("not finite", given, point.step, "is not a finite number, and is left out");
        continue;
      }
      if (!series.curve.empty() && series.curve.back().step == point.step) {
        note("duplicate step", given, point.step, "is given again, and the first one counts");
        continue;
      }
      point.value *= result_.sign;
      const bool has_error = point.standard_error && std::isfinite(*point.standard_error) &&
                             *point.standard_error >= 0;
      if (!has_error) point.standard_error.reset();
      series.curve.push_back(point);
      series.rows.push_back(row);
    }
    result_.series.push_back(std::move(series));
  }

  void note(std::string kind, const SeriesCurve& series, int64_t step, std::string_view what) {
    const TaskCurves& task = *result_.given;
    result_.findings.push_back({.kind = std::move(kind),
                                .series = series.series,
                                .task = task.task,
                                .metric = task.metric,
                                .step = step,
                                .text = fmt::format("the {} of {} at step {} {}", task.metric,
                                                    series.series, step, what)});
  }

  void pair_up() {
    const auto& all = result_.series;
    for (int64_t a = 0; a < std::ssize(all); ++a) {
      for (int64_t b = 0; b < std::ssize(all); ++b) {
        const SeriesCurve &one = *all[a].given, &other = *all[b].given;
        if (one.mix != Mix::science) continue;
        if (other.mix == Mix::science) {
          if (a < b && one.group == other.group) result_.ranked.push_back({a, b});
        } else if (other.control_for.empty() ? one.group == other.group
                                             : other.control_for == one.series) {
          result_.controls.push_back({a, b});
        }
      }
      if (all[a].is_science() && all[a].has_results()) join_group(a);
    }
    std::erase_if(result_.groups, [](const auto& group) { return group.members.size() < 2; });
  }

  void join_group(int64_t series) {
    const std::string& name = result_.series[series].given->group;
    auto group = std::find_if(result_.groups.begin(), result_.groups.end(),
                              [&](const auto& known) { return known.name == name; });
    if (group == result_.groups.end()) {
      group = result_.groups.insert(group, JudgedTask::Group{.name = name});
    }
    group->members.push_back(series);
  }

  JudgedTask result_;
};

}  // namespace

const ItemValues& JudgedTask::Series::items() const {
  static const ItemValues kNone;
  return given->items.checkpoints() == std::ssize(given->curve) ? given->items : kNone;
}

std::vector<Curve> JudgedTask::curves() const {
  std::vector<Curve> result;
  for (const Series& one : series) result.push_back(one.curve);
  return result;
}

std::vector<int64_t> JudgedTask::science() const {
  std::vector<int64_t> result;
  for (int64_t s = 0; s < std::ssize(series); ++s) {
    if (series[s].is_science() && series[s].has_results()) result.push_back(s);
  }
  return result;
}

JudgedTask prepare(const TaskCurves& task, const ScoringRules& rules) {
  return Preparation(task, rules).run();
}

}  // namespace e2lm
