#pragma once

#include "reports/report.h"

namespace e2lm {

// A report of one task with the given names, two series of 16 early and 4 late checkpoints.
inline Report sample_report(const std::string& task = "kinds", const std::string& series = "base") {
  TaskCurves curves{.task = task, .metric = "acc", .chance = 0.25};
  for (const bool web : {false, true}) {
    SeriesCurve curve{
        .series = series + (web ? "-web" : ""), .group = "g", .mix = web ? Mix::web : Mix::science};
    for (int i = 1; i <= 20; ++i) {
      curve.curve.push_back({i, 100.0 * i, 0.25 + (web ? 0.001 : 0.02) * i, 0.02});
    }
    curves.series.push_back(std::move(curve));
  }
  Report report{.curves = {curves}, .settings = "float32 cpu"};
  report.rules.early.max_tokens = 1600;
  report.rules.late.min_tokens = 1600;
  report.judgements = judge(report.curves, report.rules);
  report.cells = {{series, 1, 100, task, "done", "", 500, 1234, 0.5},
                  {series, 2, 200, task, "failed", "weights: are <damaged>", 500, 0, 0}};
  return report;
}

}  // namespace e2lm
