#include "harness/manifest/scoring_keys.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace e2lm {
namespace {

class ScoringReader {
 public:
  ScoringReader(const Yaml& node, Problems& problems, ScoringRules& rules)
      : keys_(node, "scoring", problems), problems_(problems), rules_(rules) {}

  void read() {
    if (const Yaml* early = keys_.find("early")) rules_.early = read_grid(*early, "scoring.early");
    if (const Yaml* late = keys_.find("late")) rules_.late = read_grid(*late, "scoring.late");
    if (const Yaml* reference = keys_.find("reference")) read_reference(*reference);
    if (const Yaml* weights = keys_.find("weights")) read_weights(*weights);
    if (const Yaml* rule = keys_.find("tie_rule")) read_tie_rule(*rule);
    if (const Yaml* measure = keys_.find("compliance")) read_compliance(*measure);
    if (const Yaml* orientation = keys_.find("orientation")) read_orientation(*orientation);
    rules_.draws = read_count("draws", rules_.draws, kMostDraws);
    rules_.seed = static_cast<uint64_t>(read_count("seed", static_cast<int64_t>(rules_.seed)));
    keys_.finish();
  }

 private:
  Grid read_grid(const Yaml& node, const std::string& name) {
    YamlMap map(node, name, problems_);
    Grid grid;
    grid.min_tokens = map.number("min_tokens").value_or(grid.min_tokens);
    grid.max_tokens = map.number("max_tokens").value_or(grid.max_tokens);
    grid.step_multiple = map.integer("step_multiple").value_or(grid.step_multiple);
    grid.min_step = map.integer("min_step").value_or(grid.min_step);
    grid.max_step = map.integer("max_step").value_or(grid.max_step);
    map.finish();
    const bool holds_any = grid.step_multiple >= 1 && grid.max_tokens > grid.min_tokens &&
                           grid.max_step >= grid.min_step;
    if (!holds_any) {
      problems_.add(node, fmt::format("'{}' holds no checkpoint", name));
      grid.step_multiple = 1;
    }
    return grid;
  }

  // final, early-mean, or {step: N}
  void read_reference(const Yaml& node) {
    using Kind = RankingReference::Kind;
    if (node.kind == Yaml::Kind::map) {
      YamlMap map(node, "scoring.reference", problems_);
      rules_.reference = {Kind::at_step, map.integer("step").value_or(0)};
      map.finish();
    } else if (node.text == "final" || node.text == "early-mean") {
      rules_.reference.kind = node.text == "final" ? Kind::final : Kind::early_mean;
    } else {
      expect("reference", node, "final, early-mean or {step: N}");
    }
  }

  void read_weights(const Yaml& node) {
    YamlMap parts(node, "scoring.weights", problems_);
    read_weight(parts, "signal", rules_.signal_weight);
    read_weight(parts, "ranking", rules_.ranking_weight);
    read_weight(parts, "compliance", rules_.compliance_weight);
    parts.finish();
  }

  void read_weight(YamlMap& parts, const char* key, double& weight) {
    const double value = parts.number(key).value_or(weight);
    if (value >= 0 && std::isfinite(value)) {
      weight = value;
    } else {
      problems_.add(*parts.find(key), fmt::format("'{}' is {}; it must be a number from 0 up",
                                                  parts.path(key), value));
    }
  }

  void read_tie_rule(const Yaml& node) {
    const auto rule = find_tie_rule(node.text);
    if (!rule) expect("tie_rule", node, "stable, reversed, average_d2 or average_pearson");
    rules_.tie_rule = rule.value_or(rules_.tie_rule);
  }

  void read_compliance(const Yaml& node) {
    const auto measure = find_compliance_measure(node.text);
    if (!measure) expect("compliance", node, "gap_over_chance, auc_gap or effect_size");
    rules_.compliance = measure.value_or(rules_.compliance);
  }

  void read_orientation(const Yaml& node) {
    if (node.text == "natural" || node.text == "as-stored") {
      const bool natural = node.text == "natural";
      rules_.orientation = natural ? Orientation::natural : Orientation::as_stored;
    } else {
      expect("orientation", node, "natural or as-stored");
    }
  }

  int64_t read_count(const char* key, int64_t fallback,
                     int64_t most = std::numeric_limits<int64_t>::max()) {
    const int64_t value = keys_.integer(key).value_or(fallback);
    if (value >= 0 && value <= most) return value;
    problems_.add(keys_.line(), fmt::format("'scoring.{}' must be from 0 to {}", key, most));
    return fallback;
  }

  void expect(std::string_view key, const Yaml& node, std::string_view expected) {
    problems_.add(node,
                  fmt::format("'scoring.{}' is '{}'; it must be {}", key, node.text, expected));
  }

  YamlMap keys_;
  Problems& problems_;
  ScoringRules& rules_;
};

}  // namespace

void read_scoring(const Yaml& node, Problems& problems, ScoringRules& rules) {
  ScoringReader(node, problems, rules).read();
}

}  // namespace e2lm
