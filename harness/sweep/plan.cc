#include "harness/sweep/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "base/error.h"
#include "base/text.h"
#include "harness/manifest/rules_json.h"
#include "harness/store/checksum.h"
#include "harness/store/item_blob.h"

namespace e2lm {
namespace {

void write_meta(Store& store, std::string_view key, std::string_view value) {
  Statement(store.database(), "INSERT OR REPLACE INTO meta VALUES (?, ?)")
      .bind(key)
      .bind(value)
      .finish();
}

std::optional<std::string> find_meta(const Store& store, std::string_view key) {
  Statement find(store.database(), "SELECT value FROM meta WHERE key = ?");
  if (!find.bind(key).step()) return {};
  return find.text(0);
}

TokenRules tokens_of(const Store& store) {
  const std::string where = store.database().path().string();
  const auto stored = find_meta(store, "token_rules");
  if (!stored) return {};  // swept before there was a choice
  const Json json = parse_json(*stored, where);
  return {.special = special_tokens_named(json["special_tokens"].get<std::string>(), where),
          .joining = joining_named(json["joining"].get<std::string>(), where),
          .too_long = too_long_named(json["too_long"].get<std::string>(), where)};
}

// {task: few-shot examples}
void write_shots(Store& store, const Plan& plan) {
  Json shots = Json::object();
  for (const Plan::TaskRow& task : plan.tasks) {
    if (task.shots) shots[task.name] = *task.shots;
  }
  write_meta(store, "num_fewshot", shots.dump());
}

std::map<std::string, int64_t> shots_of(const Store& store) {
  const auto stored = find_meta(store, "num_fewshot");
  if (!stored) return {};
  return parse_json(*stored, store.database().path().string());
}

void write_series(Store& store, const Plan::SeriesRow& series, int64_t position) {
  Statement(store.database(), "INSERT OR REPLACE INTO series VALUES (?, ?, ?, ?, ?, ?)")
      .bind(series.name)
      .bind(position)
      .bind(series.group)
      .bind(series.mix == Mix::web ? "web" : "science")
      .bind(series.control_for)
      .bind(series.tokenizer_sha256)
      .finish();
  int64_t place = 0;
  for (const Plan::CheckpointRow& checkpoint : series.checkpoints) {
    Statement(store.database(), "INSERT OR REPLACE INTO checkpoint VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        .bind(series.name)
        .bind(checkpoint.ref.step)
        .bind(place++)
        .bind(checkpoint.ref.tokens)
        .bind(checkpoint.ref.folder.string())
        .bind(checkpoint.weights)
        .bind(checkpoint.error)
        .bind(checkpoint.settings)
        .finish();
  }
}

void write_task(Store& store, const Plan::TaskRow& task, int64_t position) {
  const std::vector<int32_t> items = pack_items(task.items);
  Statement(store.database(),
            "INSERT OR REPLACE INTO task VALUES (?, ?, ?, ?, ?, ?6, ?7, ?8, crc32(?6, ?7, ?8))")
      .bind(task.name)
      .bind(task.content_sha256)
      .bind(task.tokenizer_sha256)
      .bind(position)
      .bind(task.request_set)
      .bind(std::ssize(task.items))
      .bind_bytes(std::as_bytes(std::span(items)))
      .bind(fmt::format("{}", fmt::join(task.metrics, ",")))
      .finish();
}

std::vector<Plan::CheckpointRow> read_checkpoints(const Store& store, const std::string& series) {
  std::vector<Plan::CheckpointRow> rows;
  Statement all(store.database(),
                "SELECT step, tokens, path, weights, error, settings FROM checkpoint "
                "WHERE series = ? AND position IS NOT NULL ORDER BY position");
  all.bind(series);
  while (all.step()) {
    Plan::CheckpointRow row{.ref = {.series = series,
                                    .step = all.integer(0),
                                    .tokens = all.real(1),
                                    .folder = all.text(2)},
                            .error = all.text(4),
                            .settings = all.text(5)};
    if (!all.is_null(3)) row.weights = all.integer(3);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

const Plan::TaskRow& Plan::task(const std::string& name, const SeriesRow& of) const {
  const auto row = std::find_if(tasks.begin(), tasks.end(), [&](const TaskRow& task) {
    return task.name == name && task.tokenizer_sha256 == of.tokenizer_sha256;
  });
  if (row == tasks.end()) {  // of a store that was written to by others
    throw Error("the store", fmt::format("has no requests of the task {} in the tokens of the "
                                         "series {}",
                                         name, of.name));
  }
  return *row;
}

void unlist_plan(Store& store) {
  Transaction transaction(store.database());
  for (const char* table : {"series", "checkpoint", "task"}) {
    store.database().run(fmt::format("UPDATE {} SET position = NULL", table));
  }
  transaction.commit();
}

void write_plan(Store& store, const Plan& plan) {
  Transaction transaction(store.database());
  unlist_plan(store);
  for (size_t s = 0; s < plan.series.size(); ++s) {
    write_series(store, plan.series[s], static_cast<int64_t>(s));
  }
  for (const Plan::TaskRow& task : plan.tasks) {
    const auto name = std::find(plan.task_names.begin(), plan.task_names.end(), task.name);
    write_task(store, task, name - plan.task_names.begin());
  }
  write_meta(store, "rules", rules_json(plan.rules).dump());
  write_meta(store, "token_rules", plan.tokens.json().dump());
  write_shots(store, plan);
  transaction.commit();
}

void update_checkpoint(Store& store, const Plan::CheckpointRow& row) {
  Statement(store.database(),
            "UPDATE checkpoint SET weights = ?, error = ?, settings = ? "
            "WHERE series = ? AND step = ?")
      .bind(row.weights)
      .bind(row.error)
      .bind(row.settings)
      .bind(row.ref.series)
      .bind(row.ref.step)
      .finish();
}

bool has_plan(const Store& store) {
  return find_meta(store, "rules").has_value();
}

Plan read_plan(const Store& store) {
  Plan plan;
  const Path& path = store.database().path();
  const auto rules = find_meta(store, "rules");
  if (!rules) throw StoreError(path.string(), "holds no sweep yet", "run `e2lm sweep` first");
  plan.rules = rules_of(parse_json(*rules, path.string()), path.string());
  plan.tokens = tokens_of(store);
  Statement series(store.database(),
                   "SELECT name, ranking_group, mix, control_for, tokenizer_sha256 FROM series "
                   "WHERE position IS NOT NULL ORDER BY position");
  while (series.step()) {
    plan.series.push_back({.name = series.text(0),
                           .group = series.text(1),
                           .control_for = series.text(3),
                           .mix = series.text(2) == "web" ? Mix::web : Mix::science,
                           .tokenizer_sha256 = series.text(4),
                           .checkpoints = read_checkpoints(store, series.text(0))});
  }
  const auto shots = shots_of(store);
  Statement tasks(store.database(),
                  fmt::format("SELECT name, content_sha256, tokenizer_sha256, request_set, items, "
                              "metrics, checksum = {} FROM task WHERE position IS NOT NULL "
                              "ORDER BY position, tokenizer_sha256",
                              kTaskChecksum));
  while (tasks.step()) {
    if (tasks.integer(6) == 0) {
      throw StoreError(path.string(),
                       fmt::format("holds a damaged task: the items of {} do not match their "
                                   "checksum; `e2lm sweep` writes them again",
                                   tasks.text(0)));
    }
    plan.tasks.push_back({.name = tasks.text(0),
                          .content_sha256 = tasks.text(1),
                          .tokenizer_sha256 = tasks.text(2),
                          .request_set = tasks.integer(3),
                          .items = unpack_items(path, tasks.bytes(4)),
                          .metrics = split(tasks.text(5), ',')});
    const std::string& name = plan.tasks.back().name;
    if (const auto of = shots.find(name); of != shots.end()) plan.tasks.back().shots = of->second;
    if (plan.task_names.empty() || plan.task_names.back() != name) plan.task_names.push_back(name);
  }
  return plan;
}

}  // namespace e2lm
