#pragma once

#include "base/json.h"
#include "scoring/judgement/rules.h"

namespace e2lm {

// Scoring rules as a store keeps them. What a store of an earlier version lacks has its default.
Json rules_json(const ScoringRules& rules);

// Throws Error, naming `where`, if this is no such text.
ScoringRules rules_of(const Json& json, const std::string& where);

}  // namespace e2lm
