#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "harness/sweep/evaluate.h"
#include "tasks/item_shape.h"

namespace e2lm::lm_eval {

// What our samples say beyond lm-evaluation-harness's layout, so that every metric can be computed
// from them again. Under the key "e2lm" of a line:
//
//   {"type": "multiple_choice", "gold": [1], "several_gold": false, "unconditional": false,
//    "choices": [[characters, bytes], ..], "tokens": [scored tokens of each request]}
//
// and of a rolling one {"type", "words", "bytes", "tokens": [n]}.
struct SampleItem {
  ItemShape shape;
  std::vector<int32_t> tokens;  // of each request
};

Json sample_item_json(const ItemShape& shape, std::span<const RequestScore> scores);

// Throws Error naming the key where something is absent or does not fit the number of requests.
SampleItem read_sample_item(const Json& json, size_t requests, const std::string& where);

}  // namespace e2lm::lm_eval
