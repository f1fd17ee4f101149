#include "harness/commands/scoring_options.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/text.h"

namespace e2lm {
namespace {

constexpr double kUnbounded = std::numeric_limits<double>::infinity();

[[noreturn]] void refuse(std::string_view option, const std::string& text,
                         std::string_view expected) {
  throw Error(fmt::format("--{}", option), fmt::format("'{}' is unknown", text),
              std::string(expected));
}

std::optional<double> number_of(const std::string& text) {
  size_t used = 0;
  try {
    const double value = std::stod(text, &used);
    if (used == text.size() && !std::isnan(value)) return value;
  } catch (const std::exception&) {  // none, or beyond a double's range
  }
  return {};
}

double tokens_of(std::string_view option, const std::string& text) {
  const auto tokens = number_of(text);
  if (tokens && *tokens >= 0) return *tokens;
  throw Error(fmt::format("--{}", option), fmt::format("'{}' is no number of tokens", text),
              "one as 206e9, for 206 billion");
}

// FROM:TO, either of them may be left out.
void set_tokens(std::string_view option, const std::string& text, Grid& grid) {
  const size_t colon = text.find(':');
  if (colon == std::string::npos)
    refuse(option, text, "FROM:TO in tokens, as :206e9 or 206e9:1e12");
  const std::string from = text.substr(0, colon), to = text.substr(colon + 1);
  grid.min_tokens = from.empty() ? 0 : tokens_of(option, from);
  grid.max_tokens = to.empty() ? kUnbounded : tokens_of(option, to);
  if (grid.max_tokens > grid.min_tokens) return;
  throw Error(fmt::format("--{}", option), fmt::format("'{}' holds no tokens", text),
              "FROM:TO with FROM below TO");
}

void set_weights(const std::string& text, ScoringRules& rules) {
  const std::vector<std::string> parts = split(text, ',');
  std::vector<double> weights;
  for (const std::string& part : parts) {
    const auto weight = number_of(part);
    if (!weight || *weight < 0 || !std::isfinite(*weight)) break;
    weights.push_back(*weight);
  }
  if (weights.size() != 3 || parts.size() != 3) {
    throw Error("--weights", fmt::format("'{}' are not three weights", text),
                "signal,ranking,compliance: numbers from 0 up, as 0.5,0.1,0.4");
  }
  rules.signal_weight = weights[0];
  rules.ranking_weight = weights[1];
  rules.compliance_weight = weights[2];
}

void set_reference(const std::string& text, RankingReference& reference) {
  using Kind = RankingReference::Kind;
  if (text == "final" || text == "early-mean") {
    reference = {.kind = text == "final" ? Kind::final : Kind::early_mean};
    return;
  }
  const bool digits = !text.empty() && text.size() < 18 &&
                      text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits) refuse("reference", text, "final, early-mean or a step");
  reference = {.kind = Kind::at_step, .step = std::stoll(text)};
}

void set_grids(const Arguments& arguments, ScoringRules& rules) {
  Grid& early = rules.early;
  early.step_multiple = arguments.integer("step-multiple", 1).value_or(early.step_multiple);
  early.min_step = arguments.integer("from-step").value_or(early.min_step);
  early.max_step = arguments.integer("to-step", early.min_step).value_or(early.max_step);
  if (const auto text = arguments.text("early-tokens")) set_tokens("early-tokens", *text, early);
  if (const auto text = arguments.text("late-tokens")) set_tokens("late-tokens", *text, rules.late);
}

void apply(const Arguments& arguments, ScoringRules& rules) {
  set_grids(arguments, rules);
  if (const auto text = arguments.text("tie-rule")) {
    const auto rule = find_tie_rule(*text);
    if (!rule) refuse("tie-rule", *text, "stable, reversed, average_d2 or average_pearson");
    rules.tie_rule = *rule;
  }
  if (const auto text = arguments.text("orientation")) {
    if (*text != "natural" && *text != "as-stored") {
      refuse("orientation", *text, "natural or as-stored");
    }
    rules.orientation = *text == "natural" ? Orientation::natural : Orientation::as_stored;
  }
  if (const auto text = arguments.text("compliance")) {
    const auto measure = find_compliance_measure(*text);
    if (!measure) refuse("compliance", *text, "gap_over_chance, auc_gap or effect_size");
    rules.compliance = *measure;
  }
  if (const auto text = arguments.text("reference")) set_reference(*text, rules.reference);
  if (const auto text = arguments.text("weights")) set_weights(*text, rules);
  rules.draws = arguments.integer("draws", 0, kMostDraws).value_or(rules.draws);
  if (const auto seed = arguments.integer("seed")) rules.seed = static_cast<uint64_t>(*seed);
}

}  // namespace

std::vector<Option> scoring_option_rows() {
  return {
      {"only-series", "A,B", "", "judge these series alone, names or globs"},
      {"tie-rule", "NAME", "",
       "ranks of equal scores in signal quality: stable (the earlier is lower; default), "
       "reversed, average_d2 or average_pearson"},
      {"orientation", "NAME", "",
       "natural (default): of a metric where less is better a fall is progress; as-stored: every "
       "rise is"},
      {"step-multiple", "N", "", "early checkpoints: steps divisible by N"},
      {"from-step", "N", "", "early checkpoints: steps from N"},
      {"to-step", "N", "", "early checkpoints: steps to N"},
      {"early-tokens", "RANGE", "",
       "early checkpoints: training tokens FROM:TO, as :206e9: more than FROM, at most TO"},
      {"late-tokens", "RANGE", "", "late checkpoints, on which models are ranked: the same"},
      {"reference", "WHAT", "",
       "the right order of models: final (default), early-mean, or that at a step"},
      {"compliance", "NAME", "",
       "the measure that enters the total: gap_over_chance (default), auc_gap or effect_size"},
      {"weights", "S,R,C", "",
       "of signal, ranking and compliance in the total; default: 0.5,0.1,0.4"},
      {"draws", "N", "", "draws for intervals; default: 1000; 0: none"},
      {"seed", "N", "", "of these draws and of the null models; default: 1234"},
  };
}

std::vector<std::string> chosen_series(const Arguments& arguments) {
  const auto given = arguments.text("only-series");
  if (!given) return {};
  std::vector<std::string> series;
  for (const std::string& word : split(*given, ',')) series.emplace_back(trim(word));
  return series;
}

std::function<void(ScoringRules&)> scoring_options(const Arguments& arguments) {
  ScoringRules checked;  // so that a wrong option is told before a store is read
  apply(arguments, checked);
  return [arguments](ScoringRules& rules) { apply(arguments, rules); };
}

}  // namespace e2lm
