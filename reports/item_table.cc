#include "reports/item_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/text.h"
#include "reports/csv.h"

namespace e2lm {
namespace {

constexpr int64_t kListed = 50, kListedDead = 20;  // of each kind; the CSV has all

std::string p_value(std::optional<double> p) {
  if (!p) return "–";
  return *p < 0.001 ? "<0.001" : fmt::format("{:.3f}", *p);
}

std::string full(std::optional<double> value) {
  return value ? fmt::format("{}", *value) : "";
}

std::string evidence(const SuspectKey& suspect) {
  if (!suspect.wrong) return "falls, and better models do worse";
  return fmt::format("choice {}: {:.0f} % of votes, probability {:.2f}, {:+.1f} nats over gold",
                     suspect.wrong->choice, 100 * suspect.wrong->share, suspect.wrong->probability,
                     suspect.wrong->margin_nats);
}

std::vector<std::string> flagged_row(const ItemSummary& summary, int64_t item,
                                     const std::string& flag, const std::string& why) {
  const ItemStatistics& of = summary.items[item];
  return {fmt::format("{}", summary.document(item)),
          flag,
          why,
          decimals(of.early),
          decimals(of.late),
          decimals(of.discrimination),
          decimals(of.progress),
          p_value(of.fall_q)};
}

template <typename T>
std::span<const T> first(const std::vector<T>& all, int64_t count) {
  return std::span(all).first(std::min(std::ssize(all), count));
}

Table flagged_table(const ItemSummary& summary) {
  Table table{.header = {"item", "flag", "evidence", "early", "late", "discrimination", "progress",
                         "q (falling)"},
              .left = 3};
  for (const SuspectKey& suspect : first(summary.suspect_key, kListed)) {
    table.rows.push_back(flagged_row(summary, suspect.item, "suspect key", evidence(suspect)));
  }
  for (const int64_t item : first(summary.falling, kListed)) {
    table.rows.push_back(
        flagged_row(summary, item, "falling", "worse while the others get better"));
  }
  for (const int64_t item : first(summary.dead, kListedDead)) {
    const double value = summary.items[item].difficulty;
    const std::string why = !summary.zero_one ? "the same value everywhere"
                            : value == 1      ? "always right"
                                              : "never right";
    table.rows.push_back(flagged_row(summary, item, "dead", why));
  }
  return table;
}

std::string counts(const ItemSummary& summary) {
  const auto at_end = [&](double end) {
    return std::count_if(summary.dead.begin(), summary.dead.end(),
                         [&](int64_t item) { return summary.items[item].difficulty == end; });
  };
  std::string text =
      fmt::format("{}, {}: {} items, {} checkpoints of {} series\n", summary.task, summary.metric,
                  with_commas(std::ssize(summary.items)), summary.checkpoints, summary.series);
  text += fmt::format("{} dead", summary.dead.size());
  if (summary.zero_one) {
    text += fmt::format(" ({} always right, {} never right)", at_end(1), at_end(0));
  }
  text += fmt::format(", {} falling, {} with a suspect key", summary.falling.size(),
                      summary.suspect_key.size());
  if (summary.progress.value_or(0) <= 0) {
    text += "; the task does not rise with training, so none is said to fall";
  }
  return text + "\n";
}

std::string interval(const SelectionScore& score) {
  if (!score.random_mean) return "–";
  return fmt::format("{} ({} to {})", decimals(score.random_mean),
                     decimals(score.random_interval->low), decimals(score.random_interval->high));
}

Json score_json(const SelectionScore& score) {
  Json json = {{"chosen", nullptr}, {"random_mean", nullptr}, {"random_interval", nullptr}};
  if (score.chosen) json["chosen"] = *score.chosen;
  if (score.random_mean) {
    json["random_mean"] = *score.random_mean;
    json["random_interval"] = {score.random_interval->low, score.random_interval->high};
  }
  return json;
}

std::string goal_name(SelectionGoal goal) {
  switch (goal) {
    case SelectionGoal::signal_quality:
      return "signal quality";
    case SelectionGoal::signal_to_noise:
      return "signal to noise";
    case SelectionGoal::discrimination:
      return "mean discrimination";
  }
  return "";
}

// Whether some choice has no value where it should have one.
bool has_dash(const ItemSelection& selection) {
  const bool held_out = !selection.held_out_series.empty();
  if (!selection.all_train || (held_out && !selection.all_held_out)) return true;
  return std::any_of(selection.sizes.begin(), selection.sizes.end(), [&](const auto& size) {
    return !size.train.chosen || (held_out && !size.held_out.chosen);
  });
}

}  // namespace

std::vector<std::vector<std::string>> item_flags(const ItemSummary& summary) {
  std::vector<std::vector<std::string>> flags(summary.items.size());
  for (const int64_t item : summary.dead) flags[item].emplace_back("dead");
  for (const int64_t item : summary.falling) flags[item].emplace_back("falling");
  for (const SuspectKey& suspect : summary.suspect_key) {
    flags[suspect.item].emplace_back("suspect key");
  }
  return flags;
}

std::string item_text(const ItemSummary& summary) {
  std::string text = counts(summary);
  const Table table = flagged_table(summary);
  if (!table.rows.empty()) text += "\n" + as_text(table);
  const int64_t flagged =
      std::ssize(summary.dead) + std::ssize(summary.falling) + std::ssize(summary.suspect_key);
  if (flagged > std::ssize(table.rows)) {
    text +=
        fmt::format("… and {} more, which --format csv has\n", flagged - std::ssize(table.rows));
  }
  return text +
         "\nearly, late: mean over the first and the last third of the checkpoints. "
         "discrimination: "
         "correlation with\n  the sum of the other items. progress: correlation with training. q: "
         "that it falls by chance, over all items.\n";
}

std::string item_csv(const ItemSummary& summary) {
  Table table{.header = {"item", "difficulty", "early", "late", "discrimination", "progress",
                         "fall_p", "fall_q", "flags"}};
  const auto flags = item_flags(summary);
  for (size_t i = 0; i < summary.items.size(); ++i) {
    const ItemStatistics& of = summary.items[i];
    table.rows.push_back({fmt::format("{}", summary.document(static_cast<int64_t>(i))),
                          full(of.difficulty), full(of.early), full(of.late),
                          full(of.discrimination), full(of.progress), full(of.fall_p),
                          full(of.fall_q), fmt::format("{}", fmt::join(flags[i], ";"))});
  }
  return as_csv(table);
}

Table selection_table(const ItemSelection& selection) {
  const bool held_out = !selection.held_out_series.empty();
  Table table{.header = {"items", "chosen on", "random there"}};
  if (held_out) table.header.insert(table.header.end(), {"held out", "random there"});
  for (const SelectionSize& size : selection.sizes) {
    auto& row = table.rows.emplace_back();
    row = {fmt::format("{}", size.items), decimals(size.train.chosen), interval(size.train)};
    if (!held_out) continue;
    row.push_back(decimals(size.held_out.chosen));
    row.push_back(interval(size.held_out));
  }
  auto& all = table.rows.emplace_back();
  all = {"all", decimals(selection.all_train), ""};
  if (held_out) all.insert(all.end(), {decimals(selection.all_held_out), ""});
  return table;
}

std::string selection_text(const ItemSelection& selection, const SelectionRules& rules) {
  std::string text = fmt::format("{} of items chosen by {}\n", goal_name(rules.goal),
                                 fmt::join(selection.train_series, ", "));
  if (rules.hold_out == HoldOut::checkpoints) {
    text += "held out: every second checkpoint of these\n";
  } else if (rules.hold_out == HoldOut::series) {
    text += fmt::format("held out: {}\n", fmt::join(selection.held_out_series, ", "));
  }
  text += "\n" + as_text(selection_table(selection));
  text += fmt::format(
      "\nchosen on: what the choice scores where it was made, which flatters it. random there: {} "
      "random choices\n  of as many items, their mean and the middle 95 % (seed {}).\n",
      rules.draws, rules.seed);
  if (has_dash(selection)) {
    text += rules.goal == SelectionGoal::signal_to_noise
                ? "–: late scores that stay the same have no noise to divide by.\n"
                : "–: scores that stay the same have no signal quality.\n";
  }
  if (rules.hold_out == HoldOut::none) {
    return text + "Nothing was held out: this does not tell what the choice is worth elsewhere.\n";
  }
  return text + "held out: what it is worth elsewhere.\n";
}

Json selection_json(const ItemSelection& selection) {
  Json sizes = Json::array();
  for (const SelectionSize& size : selection.sizes) {
    sizes.push_back({{"items", size.items},
                     {"train", score_json(size.train)},
                     {"held_out", score_json(size.held_out)}});
  }
  const auto or_null = [](std::optional<double> value) { return value ? Json(*value) : Json(); };
  return {
      {"train_series", selection.train_series},
      {"held_out_series", selection.held_out_series},
      {"sizes", std::move(sizes)},
      {"all",
       {{"train", or_null(selection.all_train)}, {"held_out", or_null(selection.all_held_out)}}},
      {"doc_ids", selection.documents}};
}

}  // namespace e2lm
