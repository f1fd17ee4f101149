#include "reports/comparison.h"

#include <fmt/format.h>

#include <algorithm>

#include "reports/csv.h"

namespace e2lm {
namespace {

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json or_null(const std::optional<Interval>& interval) {
  return interval ? Json({interval->low, interval->high}) : Json(nullptr);
}

std::string p_value(std::optional<double> p) {
  if (!p) return "–";
  return *p < 0.001 ? "<0.001" : fmt::format("{:.3f}", *p);
}

std::string signed_decimals(double value) {
  return fmt::format("{:+.3f}", value);
}

std::string percent(double share) {
  return fmt::format("{:g} %", 100 * share);
}

std::string notes(const Comparison& comparison) {
  const PairedRules& rules = comparison.rules;
  return fmt::format(
      "difference: B - A, with Tango's interval of accuracies, of other metrics Student's.\n"
      "p: that a difference as large comes by chance (bootstrap: {} resamplings of the items, seed "
      "{});\n  adjusted p: the last of them, by Benjamini and Hochberg over the tasks, which the "
      "verdict goes by (at {}).\n"
      "detectable: the true difference that a z-test shows on as many items with {} chance.\n",
      rules.draws, rules.seed, percent(1 - rules.confidence), percent(rules.power));
}

// Tasks whose files turn the metric, and those left out.
std::string lines_of_tasks(const Comparison& comparison) {
  std::string text;
  for (const Comparison::Task& task : comparison.tasks) {
    if (!task.turned) continue;
    text += fmt::format("{}: {} is better, as the task says\n", task.task,
                        comparison.higher_is_better ? "lower" : "higher");
  }
  for (const std::string& line : comparison.left_out) text += fmt::format("left out: {}\n", line);
  return text;
}

std::string heading(const Comparison& comparison) {
  return fmt::format("A: {}\nB: {}\nmetric: {} ({} is better)\n", comparison.a, comparison.b,
                     comparison.metric, comparison.higher_is_better ? "higher" : "lower");
}

Json task_json(const Comparison& comparison, const Comparison::Task& task) {
  const PairedComparison& result = task.result;
  const auto& mcnemar = result.mcnemar;
  return {{"task", task.task},
          {"items", result.items},
          {"a", result.a},
          {"b", result.b},
          {"interval_a", or_null(result.wilson_a)},
          {"interval_b", or_null(result.wilson_b)},
          {"difference", result.difference},
          {"standard_error", or_null(result.standard_error)},
          {"interval", or_null(result.interval)},
          {"interval_bootstrap", or_null(result.bootstrap)},
          {"p_bootstrap", or_null(result.bootstrap_p)},
          {"t", or_null(result.t)},
          {"p_t", or_null(result.t_p)},
          {"only_a", mcnemar ? Json(mcnemar->only_a) : Json()},
          {"only_b", mcnemar ? Json(mcnemar->only_b) : Json()},
          {"p_mcnemar", mcnemar ? Json(mcnemar->exact_p) : Json()},
          {"p_mcnemar_mid", mcnemar ? Json(mcnemar->mid_p) : Json()},
          {"p_adjusted", or_null(task.adjusted_p)},
          {"detectable_effect", or_null(result.detectable)},
          {"items_needed", or_null(result.items_needed)},
          {"higher_is_better", comparison.higher_is_better != task.turned},
          {"verdict", verdict(comparison, task)}};
}

}  // namespace

std::string verdict(const Comparison& comparison, const Comparison::Task& task) {
  if (task.result.identical) return "same on every item";
  if (task.result.items == 1) return "one item tells nothing";
  if (!task.adjusted_p || *task.adjusted_p > 1 - comparison.rules.confidence) {
    return "no difference shown";
  }
  const bool higher = comparison.higher_is_better != task.turned;
  return (task.result.difference > 0) == higher ? "B better" : "A better";
}

Table comparison_table(const Comparison& comparison) {
  const auto is_of_shares = [](const Comparison::Task& task) {
    return task.result.mcnemar.has_value();
  };
  const auto& tasks = comparison.tasks;
  const bool any_shares = std::any_of(tasks.begin(), tasks.end(), is_of_shares);
  const bool all_shares = std::all_of(tasks.begin(), tasks.end(), is_of_shares);
  Table table{.header = {"task", "items", "A", "B", "difference",
                         percent(comparison.rules.confidence) + " interval", "p (bootstrap)"}};
  if (!all_shares) table.header.emplace_back("p (t)");
  if (any_shares) table.header.emplace_back("p (McNemar)");
  for (const char* name : {"adjusted p", "detectable", "verdict"}) table.header.emplace_back(name);
  for (const Comparison::Task& task : comparison.tasks) {
    const PairedComparison& result = task.result;
    std::vector<std::string> row = {
        task.task,
        fmt::format("{}", result.items),
        decimals(result.a),
        decimals(result.b),
        signed_decimals(result.difference),
        result.interval ? fmt::format("{} to {}", signed_decimals(result.interval->low),
                                      signed_decimals(result.interval->high))
                        : "–",
        p_value(result.bootstrap_p)};
    if (!all_shares) row.push_back(p_value(result.t_p));
    if (any_shares) {
      row.push_back(result.mcnemar ? p_value(result.mcnemar->exact_p) : std::string("–"));
    }
    row.insert(row.end(),
               {p_value(task.adjusted_p), decimals(result.detectable), verdict(comparison, task)});
    table.rows.push_back(std::move(row));
  }
  return table;
}

std::string comparison_text(const Comparison& comparison) {
  return heading(comparison) + "\n" + as_text(comparison_table(comparison)) + "\n" +
         notes(comparison) + lines_of_tasks(comparison);
}

std::string comparison_markdown(const Comparison& comparison) {
  std::string text = "# Comparison\n\n";
  for (const Table& table :
       {Table{.header = {"", ""},
       .rows = {{"A", comparison.a}, {"B", comparison.b}, {"metric", comparison.metric}},
       .left = 2},
        comparison_table(comparison)}) {
    text += as_markdown(table) + "\n";
  }
  return text + notes(comparison) + lines_of_tasks(comparison);
}

Json comparison_json(const Comparison& comparison) {
  Json tasks = Json::array();
  for (const Comparison::Task& task : comparison.tasks) {
    tasks.push_back(task_json(comparison, task));
  }
  return {{"a", comparison.a},
          {"b", comparison.b},
          {"metric", comparison.metric},
          {"higher_is_better", comparison.higher_is_better},
          {"confidence", comparison.rules.confidence},
          {"power", comparison.rules.power},
          {"draws", comparison.rules.draws},
          {"seed", comparison.rules.seed},
          {"tasks", std::move(tasks)},
          {"left_out", comparison.left_out}};
}

// The columns are the keys of the JSON; a pair is two columns, nothing an empty cell.
std::string comparison_csv(const Comparison& comparison) {
  Table table;
  for (const Comparison::Task& task : comparison.tasks) {
    table.header.clear();
    auto& row = table.rows.emplace_back();
    const Json json = task_json(comparison, task);
    for (const auto& [key, value] : json.items()) {
      const bool pair = key.starts_with("interval");
      for (const int end : pair ? std::vector{0, 1} : std::vector{0}) {
        table.header.push_back(pair ? key + (end == 0 ? "_low" : "_high") : key);
        const Json cell = pair && value.is_array() ? value[end] : value;
        row.push_back(cell.is_null()     ? ""
                      : cell.is_string() ? cell.get<std::string>()
                                         : cell.dump());
      }
    }
  }
  return as_csv(table);
}

}  // namespace e2lm
