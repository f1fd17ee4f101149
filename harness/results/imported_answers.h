#pragma once

#include <optional>
#include <string>

#include "harness/results/answers.h"
#include "scoring/metrics/metric.h"

// Single documents of imported samples, as `compare` and `items` want them.

namespace e2lm {

// Of a checkpoint whose samples were imported, written as in answers_in_store(). Also by the name
// that a report gives a series that was swept, too: "NAME (imported)". None where no samples of
// such a series were imported. Throws Error naming the steps there are.
std::optional<Answers> imported_answers(const Store& store, const std::string& checkpoint);

// A task's curves by a metric, with its documents' values, as a report has them. Throws Error where
// no series has any, naming what there is.
TaskCurves imported_item_values(const Store& store, const std::string& task, const Metric& metric);

}  // namespace e2lm
