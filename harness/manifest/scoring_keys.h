#pragma once

#include "base/yaml.h"
#include "scoring/judgement/rules.h"

namespace e2lm {

// The `scoring` block of a manifest; checkpoints.yaml shows it. What it leaves out stays as `rules`
// has it; what is wrong with it goes into `problems`.
void read_scoring(const Yaml& node, Problems& problems, ScoringRules& rules);

}  // namespace e2lm
