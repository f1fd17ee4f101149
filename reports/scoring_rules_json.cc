#include "reports/scoring_rules_json.h"

#include <cmath>

namespace e2lm {
namespace {

// A bound that is not there is null.
Json grid_json(const Grid& grid) {
  const Grid none;
  return {{"min_tokens", grid.min_tokens},
          {"max_tokens", std::isfinite(grid.max_tokens) ? Json(grid.max_tokens) : Json()},
          {"step_multiple", grid.step_multiple},
          {"min_step", grid.min_step},
          {"max_step", grid.max_step == none.max_step ? Json() : Json(grid.max_step)}};
}

Json rules_json(const ScoringRules& rules) {
  const bool natural = rules.orientation == Orientation::natural;
  return {{"tie_rule", tie_rule_name(rules.tie_rule)},
          {"orientation", natural ? "natural" : "as-stored"},
          {"reference", rules.reference.describe()},
          {"compliance", compliance_measure_name(rules.compliance)},
          {"draws", rules.draws},
          {"seed", rules.seed}};
}

}  // namespace

void add_rules(const ScoringRules& rules, Json& report) {
  report["early_grid"] = rules.early.describe();
  report["late_grid"] = rules.late.describe();
  report["grids"] = {{"early", grid_json(rules.early)}, {"late", grid_json(rules.late)}};
  report["weights"] = {{"signal", rules.signal_weight},
                       {"ranking", rules.ranking_weight},
                       {"compliance", rules.compliance_weight}};
  report["rules"] = rules_json(rules);
}

}  // namespace e2lm
