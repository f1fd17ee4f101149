#pragma once

#include <string>

#include "engine/engine.h"
#include "harness/sweep/plan.h"

// What a plan says of one checkpoint.

namespace e2lm {

// A checkpoint's weights: known to the store already, or hashed if `hashes`. One that cannot be
// read has an error.
Plan::CheckpointRow plan_checkpoint(const CheckpointRef& ref, Store& store,
                                    const EngineOptions& engine, bool hashes = true);

// The plan with the weights that the store has come to know, and the errors, of checkpoints that
// had none when it was made: a sweep finds them out as it goes, and so does one beside it.
Plan as_known_now(Plan plan, Store& store, const EngineOptions& engine);

// That a checkpoint of the hub is not here, or which file of it, and what gets it.
std::string not_fetched(const CheckpointRef& ref);

}  // namespace e2lm
