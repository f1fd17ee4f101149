#pragma once

#include "tasks/requests.h"

namespace e2lm {

// make_requests() of a task whose requests were made elsewhere. Options that would make others are
// refused: another num_fewshot, another seed or way of drawing where there are examples, a system
// instruction. Memory holds the documents asked for. REQUIRES: task.frozen.
TaskRequests frozen_requests(const Task& task, const RequestOptions& options);

}  // namespace e2lm
