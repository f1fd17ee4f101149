#include "harness/results/results.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/text.h"
#include "harness/import/import_tables.h"
#include "harness/import/imported_results.h"
#include "harness/results/item_summaries.h"
#include "harness/results/sweep_results.h"
#include "harness/results/token_findings.h"
#include "harness/sweep/plan.h"

namespace e2lm {
namespace {

std::vector<ItemSummary> summarise(const Store& store, const std::vector<TaskCurves>& curves) {
  if (!has_plan(store)) return item_summaries(store, nullptr, curves);
  const Plan plan = read_plan(store);
  ItemLoader loader(store, plan);
  return item_summaries(store, &loader, curves);
}

// Leaves series out of everything a report shows.
void keep_series(const std::vector<std::string>& globs, Report& report) {
  std::set<std::string> left_out, all, fitting;  // of names, and of globs
  const auto other = [&](const std::string& name) {
    all.insert(name);
    bool fits = false;
    for (const std::string& glob : globs) {
      if (!matches_glob(name, glob)) continue;
      fitting.insert(glob);
      fits = true;
    }
    if (!fits) left_out.insert(name);
    return !fits;
  };
  for (TaskCurves& task : report.curves) {
    std::erase_if(task.series, [&](const SeriesCurve& curve) { return other(curve.series); });
  }
  for (const std::string& glob : globs) {
    if (fitting.contains(glob)) continue;
    throw Error("--only-series", fmt::format("'{}' fits no series", glob),
                fmt::format("{}", fmt::join(all, ", ")));
  }
  std::erase_if(report.cells,
                [&](const ReportCell& cell) { return left_out.contains(cell.series); });
  std::erase_if(report.findings,
                [&](const Finding& finding) { return left_out.contains(finding.series); });
}

}  // namespace

Report load_report(const Store& store, const std::function<void(ScoringRules&)>& adjust,
                   const std::vector<std::string>& series) {
  const Snapshot snapshot(store.database());  // a sweep may be running on it
  Report report;
  const bool imports = has_imports(store);
  if (has_plan(store)) {
    add_sweep_results(store, report);
  } else if (imports) {
    report.rules = imported_rules(store);
  } else {
    throw StoreError(store.database().path().string(), "holds no sweep yet",
                     "run `e2lm sweep` or `e2lm import` first");
  }
  if (imports) add_imported_results(store, report);
  for (Finding& finding : falling_tokens(report.cells)) {
    report.findings.push_back(std::move(finding));
  }
  add_task_means(store, report);
  if (!series.empty()) keep_series(series, report);
  if (adjust) adjust(report.rules);
  report.judgements = judge(report.curves, report.rules);
  report.items = summarise(store, report.curves);
  return report;
}

}  // namespace e2lm
