#pragma once

#include <span>
#include <vector>

#include "harness/import/import_tables.h"
#include "scoring/judgement/judgement.h"

namespace e2lm {

// Findings where files do not agree on what they say beside their scores: the training tokens of a
// checkpoint, of which the first row's count, and the chance level of a metric on a task, likewise.
// Up to a hundredth is taken for rounding. What one file says twice is file_agreement.h's.
std::vector<Finding> disagreements(std::span<const ScoreRow> rows);

}  // namespace e2lm
