#pragma once

#include <string>
#include <string_view>

#include "engine/engine.h"
#include "harness/sweep/plan.h"

// What a plan says of one checkpoint.

namespace e2lm {

struct CheckpointPlanning {
  bool hashes = true;       // weights that the store does not know
  bool any_device = false;  // results of another device than the engine's are as good
};

// A checkpoint's weights, known to the store already, or hashed. One that cannot be read has an
// error. Where `engine` asks for no precision, it is that of the results which the store has of
// these weights, else of others, else the one that choose_precision names.
Plan::CheckpointRow plan_checkpoint(const CheckpointRef& ref, Store& store,
                                    const EngineOptions& engine,
                                    const CheckpointPlanning& planning = {});

// Whether the latest sweep has any.
bool has_results_of_card(const Store& store);

// That of a row's or a cell's settings.
Precision precision_of(std::string_view settings);

// The plan with the weights that the store has come to know, and the errors, of checkpoints that
// had none when it was made: a sweep finds them out as it goes, and so does one beside it.
Plan as_known_now(Plan plan, Store& store, const EngineOptions& engine);

// That a checkpoint of the hub is not here, or which file of it, and what gets it.
std::string not_fetched(const CheckpointRef& ref);

}  // namespace e2lm
