#include "reports/report.h"

#include <fmt/format.h>

#include <cmath>

#include "base/version.h"
#include "reports/item_json.h"
#include "reports/judgement_json.h"
#include "reports/scoring_rules_json.h"

namespace e2lm {
namespace {

Json curve_json(const TaskCurves& task) {
  Json series = Json::array();
  for (const SeriesCurve& curve : task.series) {
    Json points = Json::array();
    for (const CurvePoint& point : curve.curve) {
      points.push_back({{"step", point.step},
                        {"tokens", point.tokens},
                        {"value", point.value},
                        {"standard_error", or_null(point.standard_error)}});
    }
    series.push_back({{"series", curve.series},
                      {"group", curve.group},
                      {"mix", curve.mix == Mix::web ? "web" : "science"},
                      {"points", std::move(points)}});
  }
  return {{"task", task.task},
          {"metric", task.metric},
          {"chance", or_null(task.chance)},
          {"higher_is_better", task.higher_is_better},
          {"series", std::move(series)}};
}

Json finding_json(const Finding& finding) {
  return {{"kind", finding.kind},     {"series", finding.series},      {"task", finding.task},
          {"metric", finding.metric}, {"step", or_null(finding.step)}, {"text", finding.text}};
}

Json cell_json(const ReportCell& cell) {
  return {{"series", cell.series},       {"step", cell.step},   {"tokens", cell.tokens},
          {"task", cell.task},           {"state", cell.state}, {"error", cell.error},
          {"documents", cell.documents}, {"rows", cell.rows},   {"seconds", cell.seconds}};
}

}  // namespace

Json report_json(const Report& report) {
  Json json = {{"program", fmt::format("e2lm {}", kVersion)},
               {"engine", report.settings},
               {"num_fewshot", report.shots},
               {"note", kComplianceNote}};
  add_rules(report.rules, json);
  add_judgements(report.judgements, report.rules, json);
  Json curves = Json::array(), cells = Json::array(), sanity = Json::array();
  for (const TaskCurves& task : report.curves) curves.push_back(curve_json(task));
  for (const ReportCell& cell : report.cells) cells.push_back(cell_json(cell));
  for (const Finding& finding : report.findings) sanity.push_back(finding_json(finding));
  for (const Judgement& judgement : report.judgements) {
    for (const Finding& finding : judgement.findings) sanity.push_back(finding_json(finding));
  }
  json["sanity"] = std::move(sanity);
  json["curves"] = std::move(curves);
  json["items"] = Json::array();
  for (const ItemSummary& items : report.items) json["items"].push_back(item_json(items));
  json["cells"] = std::move(cells);
  if (report.live) {
    json["live"] = {{"made", report.live->made}, {"reload_seconds", report.live->reload_seconds}};
  }
  return json;
}

}  // namespace e2lm
