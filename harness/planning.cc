#include "harness/planning.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/parallel.h"
#include "engine/checkpoint.h"
#include "engine/config.h"
#include "engine/tokenizer/tokenizer.h"
#include "harness/hub/cache.h"
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

std::string not_fetched(const HubPlace& place) {
  return fmt::format(
      "{} is not here: `e2lm fetch` gets it, and so do --fetch and --stream of sweep",
      place.name());
}

// The folder of a checkpoint's whole revision.
Path top_folder(const CheckpointRef& ref) {
  Path top = ref.folder;
  for (const Path& part : Path(ref.hub->subfolder)) {
    if (!part.empty()) top = top.parent_path();
  }
  return top;
}

// Where a series' tokenizer lies: named by the manifest, or in a checkpoint's own folder.
Path tokenizer_path(const Series& series) {
  if (!series.tokenizer.empty()) return series.tokenizer;
  for (const CheckpointRef& ref : series.checkpoints) {
    if (std::filesystem::exists(ref.folder / "tokenizer.json")) return ref.folder;
    if (!ref.hub) continue;
    const Path top = top_folder(ref);
    if (std::filesystem::exists(top / "tokenizer.json")) return top;
  }
  const auto& refs = series.checkpoints;
  if (!refs.empty() && refs[0].hub && !is_complete_checkpoint(refs[0].folder)) {
    throw Error(fmt::format("series {}", series.name), not_fetched(*refs[0].hub));
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

// The positions of a checkpoint of the hub whose configuration alone is here; 0 if it does not say.
int64_t positions_by_config(const Path& folder) {
  const Path file = folder / "config.json";
  if (!std::filesystem::exists(file)) return 0;
  const Json config = parse_python_json(read_file(file), file.string());
  constexpr const char* kKey = "max_position_embeddings";
  const bool there =
      config.is_object() && config.contains(kKey) && config[kKey].is_number_integer();
  return there ? config[kKey].get<int64_t>() : 0;
}

// The fewest positions that a model of the manifest has: rolling requests are cut alike for all.
int64_t fewest_positions(const Manifest& manifest) {
  int64_t fewest = std::numeric_limits<int32_t>::max();
  for (const Series& series : manifest.series) {
    for (const CheckpointRef& ref : series.checkpoints) {
      try {
        if (ref.hub && !is_complete_checkpoint(ref.folder)) {
          if (const int64_t some = positions_by_config(ref.folder)) fewest = std::min(fewest, some);
          continue;
        }
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
  Planner(Store& store, const RequestOptions& requests, const EngineOptions& engine,
          const PlanHooks& hooks)
      : store_(store), requests_(requests), engine_(engine), hooks_(hooks) {}

  PlannedSweep plan(const Manifest& manifest, const std::vector<Task>& tasks) {
    result_.plan.rules = manifest.rules;
    for (const Task& task : tasks) {
      end_if_asked();
      result_.plan.task_names.push_back(task.name);
      tasks_.push_back({make_requests(task, requests_), metric_names(task)});
    }
    const bool rolls = std::any_of(tasks_.begin(), tasks_.end(), [](const ReadTask& task) {
      return task.requests.output_type == OutputType::loglikelihood_rolling;
    });
    rules_ = result_.plan.tokens = manifest.tokens;
    const bool cuts = rules_.too_long == TokenRules::TooLong::cut;
    if (rolls || cuts) max_positions_ = fewest_positions(manifest);
    hash_weights(manifest);
    for (const Series& series : manifest.series) add_series(series);
    write_plan(store_, result_.plan);
    return std::move(result_);
  }

 private:
  struct ReadTask {
    TaskRequests requests;
    std::vector<std::string> metrics;
  };

  void end_if_asked() const {
    if (hooks_.stop && hooks_.stop()) throw Interrupted();
  }

  bool hashes(int64_t checkpoint) const { return !hooks_.hashes || hooks_.hashes(checkpoint); }

  void hash_weights(const Manifest& manifest) {
    std::vector<Path> folders;
    int64_t number = 0;
    for (const Series& series : manifest.series) {
      for (const CheckpointRef& ref : series.checkpoints) {
        if (hashes(number++)) folders.push_back(ref.folder);
      }
    }
    const int threads = engine_.threads > 0 ? engine_.threads : available_threads();
    hash_ahead(store_, folders, {.threads = threads, .quiet = hooks_.quiet, .stop = hooks_.stop});
  }

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
      end_if_asked();
      row.checkpoints.push_back(plan_checkpoint(ref, store_, engine_, hashes(checkpoints_++)));
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
      end_if_asked();
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

  Store& store_;
  const RequestOptions& requests_;
  const EngineOptions& engine_;
  const PlanHooks& hooks_;
  int64_t checkpoints_ = 0;  // planned so far
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

namespace {

// What the store knows of a checkpoint whose folder is gone or being written; false if nothing.
bool find_earlier(const Store& store, Plan::CheckpointRow& row) {
  Statement find(store.database(),
                 "SELECT weights, settings FROM checkpoint WHERE series = ? AND step = ? "
                 "AND path = ? AND weights IS NOT NULL");
  find.bind(row.ref.series).bind(row.ref.step).bind(row.ref.folder.string());
  if (!find.step()) return false;
  row.weights = find.integer(0);
  row.settings = find.text(1);
  return true;
}

}  // namespace

Plan::CheckpointRow plan_checkpoint(const CheckpointRef& ref, Store& store,
                                    const EngineOptions& engine, bool hashes) {
  Plan::CheckpointRow row{.ref = ref};
  const bool gone = !ref.hub && !std::filesystem::exists(ref.folder);
  if ((ref.as_known || gone) && find_earlier(store, row)) return row;
  if (ref.hub && !is_complete_checkpoint(ref.folder)) {
    if (const auto known = known_weights(store, ref)) {
      row.weights = known->id;
      row.settings = engine_settings(engine, known->stored);
    } else {
      row.error = not_fetched(*ref.hub);
    }
    return row;
  }
  try {
    const Checkpoint checkpoint = Checkpoint::open(ref.folder);
    const std::string sha256 =
        hashes ? known_sha256(store, checkpoint) : hashed_sha256(store, ref.folder);
    if (sha256.empty()) return row;
    row.settings = engine_settings(engine, checkpoint.stored_dtype());
    row.weights = store.add_weights({.sha256 = sha256,
                                     .family = ConfigReader(checkpoint).text("model_type"),
                                     .dtype = std::string(dtype_name(checkpoint.stored_dtype())),
                                     .parameters = checkpoint.parameters(),
                                     .bytes = checkpoint.stored_bytes()});
    if (ref.hub) remember_weights(store, ref, sha256);
  } catch (const Error& error) {
    row.error = error.what();
  }
  return row;
}

PlannedSweep plan_sweep(const Manifest& manifest, const TaskLibrary& library, Store& store,
                        const RequestOptions& requests, const EngineOptions& engine,
                        const PlanHooks& hooks) {
  return plan_sweep(manifest, library.select(manifest.tasks).tasks, store, requests, engine, hooks);
}

PlannedSweep plan_sweep(const Manifest& manifest, const std::vector<Task>& tasks, Store& store,
                        const RequestOptions& requests, const EngineOptions& engine,
                        const PlanHooks& hooks) {
  return Planner(store, requests, engine, hooks).plan(manifest, tasks);
}

}  // namespace e2lm
