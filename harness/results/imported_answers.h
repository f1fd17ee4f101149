#pragma once

#include <optional>
#include <span>
#include <string>

#include "harness/import/import_tables.h"
#include "harness/results/answers.h"
#include "scoring/items/choice_votes.h"
#include "scoring/metrics/metric.h"

// Single documents of imported samples, as `compare` and `items` want them.

namespace e2lm {

// Of a checkpoint whose samples were imported, written as in answers_in_store(). Also by the name
// that a report gives a series that was swept, too: "NAME (imported)". None where no samples of
// such a series were imported. Throws Error naming the steps there are.
std::optional<Answers> imported_answers(const Store& store, const std::string& checkpoint);

// The votes of the late checkpoints (is_late()) of every series whose samples of the task are among
// `rows` (list_import_items()), on the documents of the first of them; null where there is none, or
// the task has no choices.
std::optional<ChoiceVotes> imported_late_votes(const Store& store, std::span<const ItemsRow> rows,
                                               const std::string& task);

// A task's curves by a metric, with its documents' values, as a report has them. Throws Error where
// no series has any, naming what there is.
TaskCurves imported_item_values(const Store& store, const std::string& task, const Metric& metric);

}  // namespace e2lm
