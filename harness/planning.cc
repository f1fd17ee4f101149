#include "harness/planning.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "engine/checkpoint.h"
#include "engine/config.h"
#include "engine/tokenizer/tokenizer.h"
#include "harness/items.h"
#include "harness/weights.h"

namespace e2lm {
namespace {

// The names of a task's metrics. Curves are made of the metrics' own aggregations.
std::vector<std::string> metric_names(const Task& task) {
  std::vector<std::string> names;
  for (const TaskMetric& metric : metrics_of(task)) {
    if (!metric.aggregation || metric.aggregation->name != metric.metric->aggregation) {
      throw Error(task.path.string(),
                  fmt::format("a sweep aggregates {} by {}", metric.metric->name,
                              metric.metric->aggregation),
                  "no other aggregation in metric_list");
    }
    names.emplace_back(metric.metric->name);
  }
  return names;
}

// Where a series' tokenizer lies: named by the manifest, or in a checkpoint's own folder.
Path tokenizer_path(const Series& series) {
  if (!series.tokenizer.empty()) return series.tokenizer;
  for (const CheckpointRef& ref : series.checkpoints) {
    if (std::filesystem::exists(ref.folder / "tokenizer.json")) return ref.folder;
  }
  throw Error(fmt::format("series {}", series.name), "has no tokenizer",
              "a key 'tokenizer' in the manifest or a tokenizer.json in the checkpoints' folders");
}

// Items of rolling requests know in how many windows they were scored.
std::vector<ItemShape> with_windows(const TaskRequests& task, const PreparedTask& prepared) {
  std::vector<ItemShape> items = task.items;
  if (task.output_type != OutputType::loglikelihood_rolling) return items;
  for (size_t i = 0; i < items.size(); ++i) items[i].windows = prepared.windows[i];
  return items;
}

// The fewest positions that a model of the manifest has: rolling requests are cut alike for all.
int64_t fewest_positions(const Manifest& manifest) {
  int64_t fewest = std::numeric_limits<int32_t>::max();
  for (const Series& series : manifest.series) {
    for (const CheckpointRef& ref : series.checkpoints) {
      try {
        const Checkpoint checkpoint = Checkpoint::open(ref.folder);
        fewest = std::min(fewest, ConfigReader(checkpoint).size("max_position_embeddings"));
      } catch (const Error&) {
        continue;  // it fails by itself, later
      }
    }
  }
  return fewest;
}

class Planner {
 public:
  Planner(Store& store, const RequestOptions& requests, const EngineOptions& engine)
      : store_(store), requests_(requests), engine_(engine) {}

  PlannedSweep plan(const Manifest& manifest, const std::vector<Task>& tasks) {
    result_.plan.rules = manifest.rules;
    for (const Task& task : tasks) {
      result_.plan.task_names.push_back(task.name);
      tasks_.push_back({make_requests(task, requests_), metric_names(task)});
    }
    const bool rolls = std::any_of(tasks_.begin(), tasks_.end(), [](const ReadTask& task) {
      return task.requests.output_type == OutputType::loglikelihood_rolling;
    });
    rules_ = result_.plan.tokens = manifest.tokens;
    const bool cuts = rules_.too_long == TokenRules::TooLong::cut;
    if (rolls || cuts) max_positions_ = fewest_positions(manifest);
    for (const Series& series : manifest.series) add_series(series);
    write_plan(store_, result_.plan);
    return std::move(result_);
  }

 private:
  struct ReadTask {
    TaskRequests requests;
    std::vector<std::string> metrics;
  };

  void add_series(const Series& series) {
    const Path path = tokenizer_path(series);
    auto tokenizer = tokenizers_.find(path);
    if (tokenizer == tokenizers_.end()) {
      tokenizer = tokenizers_.emplace(path, add_tokenizer(Tokenizer::read(path))).first;
    }
    Plan::SeriesRow row{.name = series.name,
                        .group = series.group,
                        .control_for = series.control_for,
                        .mix = series.mix,
                        .tokenizer_sha256 = tokenizer->second};
    for (const CheckpointRef& ref : series.checkpoints) {
      row.checkpoints.push_back(add_checkpoint(ref));
    }
    result_.plan.series.push_back(std::move(row));
  }

  // Every task in this tokenizer's tokens; returns the tokenizer's SHA-256.
  std::string add_tokenizer(const Tokenizer& tokenizer) {
    auto& rows = result_.plan.tasks;
    const bool known = std::any_of(rows.begin(), rows.end(), [&](const Plan::TaskRow& row) {
      return row.tokenizer_sha256 == tokenizer.sha256();
    });
    for (const ReadTask& task : tasks_) {
      if (known) break;  // the same file under another path
      PreparedTask prepared = prepare_task(task.requests, tokenizer, max_positions_, rules_);
      const auto order = prepared.tree.order();
      const int64_t request_set =
          store_.add_request_set(prepared.sha256(), {order.begin(), order.end()});
      rows.push_back({.name = task.requests.task,
                      .content_sha256 = task.requests.sha256(),
                      .tokenizer_sha256 = tokenizer.sha256(),
                      .request_set = request_set,
                      .items = with_windows(task.requests, prepared),
                      .metrics = task.metrics});
      result_.tasks.emplace(request_set, std::move(prepared));
    }
    return tokenizer.sha256();
  }

  Plan::CheckpointRow add_checkpoint(const CheckpointRef& ref) {
    Plan::CheckpointRow row{.ref = ref};
    try {
      const Checkpoint checkpoint = Checkpoint::open(ref.folder);
      row.settings = engine_settings(engine_, checkpoint.stored_dtype());
      row.weights = store_.add_weights({.sha256 = known_sha256(store_, checkpoint),
                                        .family = ConfigReader(checkpoint).text("model_type"),
                                        .dtype = std::string(dtype_name(checkpoint.stored_dtype())),
                                        .parameters = checkpoint.parameters(),
                                        .bytes = checkpoint.stored_bytes()});
    } catch (const Error& error) {
      row.error = error.what();
    }
    return row;
  }

  Store& store_;
  const RequestOptions& requests_;
  const EngineOptions& engine_;
  int64_t max_positions_ = 0;
  TokenRules rules_;
  PlannedSweep result_;
  std::vector<ReadTask> tasks_;
  std::map<Path, std::string> tokenizers_;  // their SHA-256
};

}  // namespace

std::string engine_settings(const EngineOptions& options, DType stored) {
  return fmt::format("{} {}", precision_name(choose_precision(options, stored)),
                     device_name(options.device));
}

PlannedSweep plan_sweep(const Manifest& manifest, const TaskLibrary& library, Store& store,
                        const RequestOptions& requests, const EngineOptions& engine) {
  return plan_sweep(manifest, library.select(manifest.tasks).tasks, store, requests, engine);
}

PlannedSweep plan_sweep(const Manifest& manifest, const std::vector<Task>& tasks, Store& store,
                        const RequestOptions& requests, const EngineOptions& engine) {
  return Planner(store, requests, engine).plan(manifest, tasks);
}

}  // namespace e2lm
