#include "harness/sweep/planning.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "base/parallel.h"
#include "engine/checkpoint.h"
#include "engine/config.h"
#include "engine/tokenizer/tokenizer.h"
#include "harness/hub/cache.h"
#include "harness/sweep/checkpoint_plan.h"
#include "harness/sweep/items.h"
#include "harness/sweep/weights.h"

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

// The folder of a checkpoint's whole revision.
Path top_folder(const CheckpointRef& ref) {
  Path top = ref.folder;
  for (const Path& part : Path(ref.hub->subfolder)) {
    if (!part.empty()) top = top.parent_path();
  }
  return top;
}

// Where a series' tokenizer lies: named by the manifest, or in a checkpoint's own folder; empty if
// nowhere.
Path tokenizer_path(const Series& series) {
  if (!series.tokenizer.empty()) return series.tokenizer;
  for (const CheckpointRef& ref : series.checkpoints) {
    if (is_seen(ref.folder / "tokenizer.json")) return ref.folder;
    if (!ref.hub) continue;
    const Path top = top_folder(ref);
    if (is_seen(top / "tokenizer.json")) return top;
  }
  return {};
}

[[noreturn]] void fail_without_tokenizer(const Series& series) {
  // Of a checkpoint of the hub the configuration comes first: with it, more is amiss than a fetch.
  const auto& refs = series.checkpoints;
  if (!refs.empty() && refs[0].hub && !std::filesystem::exists(refs[0].folder / "config.json")) {
    throw Error(fmt::format("series {}", series.name), not_fetched(refs[0]));
  }
  throw Error(fmt::format("series {}", series.name), "has no tokenizer",
              "a tokenizer.json in the checkpoints' folders, a key 'tokenizer' in the manifest, or "
              "--watch-tokenizer");
}

// What would change if one of its files were written again.
std::map<Path, FileStamp> stamps_of_tokenizer(const Path& path) {
  std::map<Path, FileStamp> stamps;
  for (const Path& file : tokenizer_files(path)) {
    const auto stamp = file_stamp(file);
    if (!stamp) throw Error(file.string(), "cannot be read");
    stamps.emplace(file, *stamp);
  }
  return stamps;
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
  if (!config.is_object()) return 0;
  for (const char* key : {"n_positions", "max_position_embeddings"}) {
    if (config.contains(key) && config[key].is_number_integer()) return config[key].get<int64_t>();
  }
  return 0;
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
        fewest = std::min(fewest, read_max_positions(ConfigReader(checkpoint)));
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
    rules_ = result_.plan.tokens = manifest.tokens;
    for (const Task& task : tasks) result_.plan.task_names.push_back(task.name);
    const bool rolls = std::any_of(tasks.begin(), tasks.end(), [](const Task& task) {
      return task.output_type == OutputType::loglikelihood_rolling;
    });
    const bool cuts = rules_.too_long == TokenRules::TooLong::cut;
    if (rolls || cuts) result_.read.max_positions = fewest_positions(manifest);
    take_over();
    if (!hooks_.earlier) result_.damaged_cells = store_.drop_damaged_blocks();
    if (result_.read.rows.empty()) read_tasks(tasks);  // wrong ones are said before any hashing
    tasks_of_manifest_ = &tasks;
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

  // Requests may be cut to the fewest positions that a model has, so that they hang on these.
  void take_over() {
    PlannedSweep* earlier = hooks_.earlier;
    if (!earlier || earlier->read.max_positions != result_.read.max_positions) return;
    result_.read = std::move(earlier->read);
    result_.tasks = std::move(earlier->tasks);
  }

  void read_tasks(const std::vector<Task>& tasks) {
    for (const Task& task : tasks) {
      end_if_asked();
      tasks_.push_back({make_requests(task, requests_), metric_names(task)});
    }
  }

  void end_if_asked() const {
    if (hooks_.stop && hooks_.stop()) throw Interrupted();
  }

  bool hashes(int64_t checkpoint) const { return !hooks_.hashes || hooks_.hashes(checkpoint); }

  void hash_weights(const Manifest& manifest) {
    std::vector<Path> folders;
    int64_t number = 0;
    for (const Series& series : manifest.series) {
      for (const CheckpointRef& ref : series.checkpoints) {
        if (hashes(number++) && !ref.as_known) folders.push_back(ref.folder);
      }
    }
    const int threads = engine_.threads > 0 ? engine_.threads : available_threads();
    hash_ahead(store_, folders, {.threads = threads, .quiet = hooks_.quiet, .stop = hooks_.stop});
  }

  void add_series(const Series& series) {
    Plan::SeriesRow row{.name = series.name,
                        .group = series.group,
                        .control_for = series.control_for,
                        .mix = series.mix,
                        .tokenizer_sha256 = tokenizer_of(series)};
    for (const CheckpointRef& ref : series.checkpoints) {
      end_if_asked();
      row.checkpoints.push_back(
          plan_checkpoint(ref, store_, engine_,
                          {.hashes = hashes(checkpoints_++), .any_device = hooks_.any_device}));
    }
    result_.plan.series.push_back(std::move(row));
  }

  // Its SHA-256. Where all checkpoints of a series are gone, and their tokenizer with them, it is
  // the one that an earlier plan read.
  std::string tokenizer_of(const Series& series) {
    if (const Path path = tokenizer_path(series); !path.empty()) return add_tokenizer(path);
    Statement find(store_.database(), "SELECT tokenizer_sha256 FROM series WHERE name = ?");
    const std::string sha256 = find.bind(series.name).step() ? find.text(0) : "";
    if (!result_.read.rows.contains(sha256)) fail_without_tokenizer(series);
    list_tasks(sha256);
    return sha256;
  }

  // Every task in this tokenizer's tokens; returns the tokenizer's SHA-256.
  std::string add_tokenizer(const Path& path) {
    auto& known = result_.read.tokenizers[path];
    const auto files = stamps_of_tokenizer(path);
    if (known.sha256.empty() || known.files != files) {
      const Tokenizer tokenizer = Tokenizer::read(path);
      known = {.files = files, .sha256 = tokenizer.sha256()};
      if (!result_.read.rows.contains(known.sha256)) prepare_tasks(tokenizer);
    }
    list_tasks(known.sha256);
    return known.sha256;
  }

  void list_tasks(const std::string& tokenizer_sha256) {
    auto& rows = result_.plan.tasks;
    const bool listed = std::any_of(rows.begin(), rows.end(), [&](const Plan::TaskRow& row) {
      return row.tokenizer_sha256 == tokenizer_sha256;
    });
    const auto& ready = result_.read.rows.at(tokenizer_sha256);
    if (!listed) rows.insert(rows.end(), ready.begin(), ready.end());
  }

  void prepare_tasks(const Tokenizer& tokenizer) {
    if (tasks_.empty()) read_tasks(*tasks_of_manifest_);
    auto& rows = result_.read.rows[tokenizer.sha256()];
    for (const ReadTask& task : tasks_) {
      end_if_asked();
      PreparedTask prepared =
          prepare_task(task.requests, tokenizer, result_.read.max_positions, rules_);
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
  }

  Store& store_;
  const RequestOptions& requests_;
  const EngineOptions& engine_;
  const PlanHooks& hooks_;
  int64_t checkpoints_ = 0;  // planned so far
  TokenRules rules_;
  PlannedSweep result_;
  const std::vector<Task>* tasks_of_manifest_ = nullptr;
  std::vector<ReadTask> tasks_;  // none where an earlier plan made them ready
};

}  // namespace

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
