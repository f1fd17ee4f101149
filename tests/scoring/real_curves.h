#pragma once

#include <map>
#include <string>

#include "base/file.h"
#include "base/json.h"
#include "scoring/curves/task_curves.h"

// Real training runs' scores from ../shared/data, beside a checkout that has them; its README says
// where they come from.

namespace e2lm {

Path shared_folder();
bool has_shared_data();

// Tasks by "task:metric" (of e2lm by task); all series in one group.
using RealTasks = std::map<std::string, TaskCurves>;

RealTasks e2lm_curves();
RealTasks cruise_curves();
RealTasks pythia_curves();  // with mmlu_mean57, the mean of its 57 subjects
RealTasks bigscience_curves();

Json read_golden(const std::string& name);

}  // namespace e2lm
