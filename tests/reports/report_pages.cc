// Writes pages of made-up reports into a folder, for the browser test.

#include <cstdio>

#include "base/file.h"
#include "reports/page.h"
#include "tests/support/sample_report.h"
#include "tests/support/synthetic_report.h"

namespace e2lm {
namespace {

// Sets every member that is no list, object or name to null.
void make_null(Json& json) {
  for (auto& [key, value] : json.items()) {
    if (value.is_structured()) {
      make_null(value);
    } else if (!value.is_string()) {
      value = nullptr;
    }
  }
}

// Names and texts that try to be markup, to break out of a script, or to turn the text around them.
Report hostile_report() {
  Report report = sample_report(
      "</script><script>window.broken = 1</script>\"><img src=x onerror=\"window.broken = 2\"> "
      "&amp; {{data}}",
      "\u202Eevil\u200F '\"><svg onload=window.broken=3>" + std::string(400, 'x'));
  report.cells[1].error = "<script>window.broken = 4</script> ]]> \u2028 " + std::string(900, 'y');
  report.curves[0].metric = "acc<b>";
  report.judgements = judge(report.curves, report.rules);
  return report;
}

// Two series of a group, of which nobody told the tokens.
Report without_tokens_report() {
  Report report = sample_report();
  report.curves[0].series[1].mix = Mix::science;
  for (SeriesCurve& series : report.curves[0].series) {
    for (CurvePoint& point : series.curve) point.tokens = 0;
  }
  report.rules.early = report.rules.late = {};
  report.judgements = judge(report.curves, report.rules);
  return report;
}

// Two series that have seen different tokens at a step, and with `unknown` one whose nobody knows.
Report other_tokens_report(bool unknown) {
  Report report = synthetic_report({.series = unknown ? 3 : 2, .tasks = 1});
  std::vector<SeriesCurve>& series = report.curves[0].series;
  for (CurvePoint& point : series[1].curve) point.tokens *= 2;
  if (unknown) {
    for (CurvePoint& point : series[2].curve) point.tokens = 0;
  }
  report.judgements = judge(report.curves, report.rules);
  return report;
}

Report many_series_report() {
  Report report = synthetic_report({.series = 20, .tasks = 1});
  int number = 0;
  for (SeriesCurve& series : report.curves[0].series) {
    series.series = fmt::format("dense-1b-variant-{}", ++number);
  }
  report.judgements = judge(report.curves, report.rules);
  return report;
}

Report unfinished_report() {
  Report report{.settings = "float32 cpu"};
  for (int step = 1; step <= 20; ++step) {
    report.cells.push_back({"base", step, 0, "kinds", "missing", "", 0, 0, 0});
  }
  return report;
}

// Checkpoints at no tokens at all, one of them without a value, and a gap in a series.
Report from_zero_report() {
  Report report = sample_report();
  for (SeriesCurve& series : report.curves[0].series) {
    series.curve.insert(series.curve.begin(), {0, 0, 0.25, {}});
    series.curve[3].standard_error = {};
  }
  report.curves[0].series[1].curve.erase(report.curves[0].series[1].curve.begin() + 5);
  report.curves[0].higher_is_better = false;
  report.judgements = judge(report.curves, report.rules);
  return report;
}

void write_pages(const Path& folder) {
  const Json large = with_everything(report_json(synthetic_report({})));
  const Json tiny = report_json(synthetic_report({.series = 1, .tasks = 1, .checkpoints = 1}));
  Json nulls = large;
  make_null(nulls);
  Json gap = report_json(from_zero_report());
  gap["curves"][0]["series"][0]["points"][8]["value"] = nullptr;
  write_file(folder / "large.html", page_html(large));
  write_file(folder / "tiny.html", page_html(tiny));
  write_file(folder / "many.html", page_html(many_series_report()));
  write_file(folder / "nulls.html", page_html(nulls));
  write_file(folder / "zero.html", page_html(gap));
  write_file(folder / "steps.html", page_html(without_tokens_report()));
  write_file(folder / "other_tokens.html", page_html(other_tokens_report(false)));
  write_file(folder / "some_tokens.html", page_html(other_tokens_report(true)));
  write_file(folder / "hostile.html", page_html(hostile_report()));
  write_file(folder / "unfinished.html", page_html(unfinished_report()));
  Json live = tiny;
  live["live"] = {{"made", "2026-11-22 01:42:07 UTC"}, {"reload_seconds", 1}};
  write_file(folder / "live.html", page_html(live));
  write_file(folder / "empty.html", page_html(Report{}));
}

}  // namespace
}  // namespace e2lm

int main(int count, char** words) {
  if (count != 2) {
    std::fputs("usage: report_pages FOLDER\n", stderr);
    return 2;
  }
  e2lm::write_pages(words[1]);
  return 0;
}
