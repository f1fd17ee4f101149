#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "scoring/items/item_analysis.h"
#include "scoring/judgement/judgement.h"

namespace e2lm {

// One checkpoint × task cell, as the table of cells shows it.
struct ReportCell {
  std::string series;
  int64_t step = 0;
  double tokens = 0;
  std::string task;
  std::string state;  // done, failed, missing
  std::string error;  // of a failed one
  int64_t documents = 0;
  // 0 where equal weights were computed under another name.
  int64_t rows = 0;  // distinct prefixes computed
  double seconds = 0;
};

// Everything a report shows, as values. The same Report gives the same bytes on every page.
struct Report {
  std::vector<TaskCurves> curves;     // task by task, metric by metric
  std::vector<Judgement> judgements;  // of the same, in the same order
  ScoringRules rules;
  std::vector<ReportCell> cells;
  std::string settings;  // of the engine
  // Few-shot examples before each document, by task; only of tasks swept here.
  std::map<std::string, int64_t> shots;
  std::vector<Finding> findings;   // about the results as a whole; the judgements have their own
  std::vector<ItemSummary> items;  // of the tasks and metrics whose items' values are known

  // Of a watch that goes on: the page says when it was made, and reloads itself.
  struct Live {
    std::string made;  // "2026-11-22 01:42:07 UTC"
    int64_t reload_seconds = 0;
  };
  std::optional<Live> live;
};

// What is said wherever a compliance score or a total stands.
inline constexpr const char* kComplianceNote =
    "Compliance is e2lm's own measure; the competition's formula is not public, so neither it nor "
    "the total is the official score.";

// The whole report as JSON: {"signal": [..], "ranking": [..], "compliance": [..], "leaderboard":
// [..], "curves": [..], "items": [..], "cells": [..], "sanity": [..], ..}; docs/scoring.md says
// what the keys mean. Absent values are null.
Json report_json(const Report& report);

}  // namespace e2lm
