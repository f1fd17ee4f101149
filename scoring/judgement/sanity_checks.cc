#include "scoring/judgement/sanity_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "scoring/curves/outliers.h"

namespace e2lm {
namespace {

constexpr int64_t kFewest = 8;  // checkpoints that signal quality needs

// The end of a curve: the mean of its last checkpoints and its error, if that of all is known.
struct End {
  double value = 0;
  std::optional<double> error;
};

End end_of(const Curve& curve) {
  constexpr int64_t kCheckpoints = 3;
  const int64_t count = std::min(kCheckpoints, std::ssize(curve));
  End end{.error = 0};
  for (auto point = curve.end() - count; point != curve.end(); ++point) {
    end.value += point->value / static_cast<double>(count);
    if (!point->standard_error) end.error.reset();
    if (end.error) *end.error += *point->standard_error / static_cast<double>(count);
  }
  return end;
}

// By three standard errors; where none is known, by anything.
bool is_above(const End& end, double chance) {
  constexpr double kStandardErrors = 3;
  return end.value > chance + kStandardErrors * end.error.value_or(0);
}

std::set<int64_t> steps_of(const Curve& curve) {
  std::set<int64_t> steps;
  for (const CurvePoint& point : curve) steps.insert(point.step);
  return steps;
}

class Checks {
 public:
  Checks(const JudgedTask& task, const ScoringRules& rules)
      : task_(task), rules_(rules), findings_(task.findings) {}

  std::vector<Finding> run() {
    for (const JudgedTask::Series& series : task_.series) {
      check_outliers(series);
      check_early(series);
      check_chance(series);
    }
    check_grids("unequal grids", rules_.early, "early");
    check_grids("missing", rules_.late, "late");
    return std::move(findings_);
  }

 private:
  void add(std::string kind, const JudgedTask::Series& series, std::optional<int64_t> step,
           std::string text) {
    findings_.push_back({std::move(kind), series.given->series, task_.given->task,
                         task_.given->metric, step, std::move(text)});
  }

  void check_outliers(const JudgedTask::Series& series) {
    for (const Outlier& outlier : find_outliers(series.curve)) {
      const CurvePoint& point = series.curve[outlier.point];
      add("outlier", series, point.step,
          fmt::format("{} scores {:.4g} at step {}, where its neighbours are at {:.4g}",
                      series.given->series, task_.sign * point.value, point.step,
                      task_.sign * outlier.expected));
    }
  }

  void check_early(const JudgedTask::Series& series) {
    const Curve early = select(series.curve, rules_.early);
    if (std::ssize(early) < kFewest) {
      add("few checkpoints", series, {},
          fmt::format("{} has {} early checkpoint{}; signal quality needs {}", series.given->series,
                      early.size(), early.size() == 1 ? "" : "s", kFewest));
      return;
    }
    const auto same = [&](const CurvePoint& point) { return point.value == early.front().value; };
    if (std::all_of(early.begin(), early.end(), same)) {
      add("constant", series, {},
          fmt::format("{} scores {:.4g} at every early checkpoint", series.given->series,
                      task_.sign * early.front().value));
    }
  }

  void check_chance(const JudgedTask::Series& series) {
    const Curve early = select(series.curve, rules_.early);
    if (!series.is_science() || !task_.chance || early.empty()) return;
    const End end = end_of(early);
    if (is_above(end, *task_.chance)) return;
    add("at chance", series, early.back().step,
        fmt::format("{} ends the early phase at {:.4g}, {:.2g} {} chance ({:.4g}){}",
                    series.given->series, task_.sign * end.value,
                    std::abs(end.value - *task_.chance),
                    task_.sign * (end.value - *task_.chance) < 0 ? "below" : "above",
                    task_.sign * *task_.chance,
                    end.error ? fmt::format(", with a standard error of {:.2g}", *end.error)
                              : "; its standard error is not known"));
  }

  // Of a group only the checkpoints that all have are compared.
  void check_grids(const std::string& kind, const Grid& grid, std::string_view phase) {
    std::map<std::string, std::set<int64_t>> of_group;
    for (const JudgedTask::Series& series : task_.series) {
      of_group[series.given->group].merge(steps_of(select(series.curve, grid)));
    }
    for (const JudgedTask::Series& series : task_.series) {
      const std::set<int64_t> own = steps_of(select(series.curve, grid));
      const std::set<int64_t>& all = of_group[series.given->group];
      if (own.size() == all.size()) continue;
      std::vector<int64_t> lacking;
      std::set_difference(all.begin(), all.end(), own.begin(), own.end(),
                          std::back_inserter(lacking));
      add(kind, series, lacking.front(),
          fmt::format("{} lacks {} of the {} {} checkpoints of its group, the first at step {}",
                      series.given->series, lacking.size(), all.size(), phase, lacking.front()));
    }
  }

  const JudgedTask& task_;
  const ScoringRules& rules_;
  std::vector<Finding> findings_;
};

}  // namespace

std::optional<bool> ends_above_chance(const Curve& curve, std::optional<double> chance) {
  if (!chance || curve.empty()) return {};
  const End end = end_of(curve);
  if (!end.error) return {};
  return is_above(end, *chance);
}

std::vector<Finding> check_task(const JudgedTask& task, const ScoringRules& rules) {
  return Checks(task, rules).run();
}

}  // namespace e2lm
