#include "harness/manifest/rules_json.h"

#include <cmath>
#include <limits>

#include "base/error.h"

namespace e2lm {
namespace {

constexpr int64_t kNoStep = std::numeric_limits<int64_t>::max();

Json grid_json(const Grid& grid) {
  Json json = {{"min_tokens", grid.min_tokens}, {"step_multiple", grid.step_multiple}};
  if (std::isfinite(grid.max_tokens)) json["max_tokens"] = grid.max_tokens;
  if (grid.min_step > 0) json["min_step"] = grid.min_step;
  if (grid.max_step < kNoStep) json["max_step"] = grid.max_step;
  return json;
}

Grid grid_of(const Json& json) {
  Grid grid{.min_tokens = json.at("min_tokens"), .step_multiple = json.at("step_multiple")};
  grid.max_tokens = json.value("max_tokens", grid.max_tokens);
  grid.min_step = json.value("min_step", grid.min_step);
  grid.max_step = json.value("max_step", grid.max_step);
  return grid;
}

}  // namespace

Json rules_json(const ScoringRules& rules) {
  return {{"early", grid_json(rules.early)},
          {"late", grid_json(rules.late)},
          {"reference_kind", static_cast<int>(rules.reference.kind)},
          {"reference_step", rules.reference.step},
          {"weights", {rules.signal_weight, rules.ranking_weight, rules.compliance_weight}},
          {"tie_rule", tie_rule_name(rules.tie_rule)},
          {"as_stored", rules.orientation == Orientation::as_stored},
          {"compliance", compliance_measure_name(rules.compliance)},
          {"draws", rules.draws},
          {"seed", rules.seed}};
}

ScoringRules rules_of(const Json& json, const std::string& where) {
  try {
    ScoringRules rules{.early = grid_of(json.at("early")), .late = grid_of(json.at("late"))};
    rules.reference = {static_cast<RankingReference::Kind>(json.at("reference_kind").get<int>()),
                       json.at("reference_step")};
    const Json& weights = json.at("weights");
    rules.signal_weight = weights.at(0);
    rules.ranking_weight = weights.at(1);
    rules.compliance_weight = weights.at(2);
    rules.tie_rule = find_tie_rule(json.value("tie_rule", std::string())).value_or(rules.tie_rule);
    if (json.value("as_stored", false)) rules.orientation = Orientation::as_stored;
    rules.compliance =
        find_compliance_measure(json.value("compliance", std::string())).value_or(rules.compliance);
    rules.draws = json.value("draws", rules.draws);
    rules.seed = json.value("seed", rules.seed);
    return rules;
  } catch (const Json::exception& error) {
    throw Error(where, std::string("its scoring rules cannot be read: ") + error.what());
  }
}

}  // namespace e2lm
