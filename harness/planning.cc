#include "harness/planning.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "engine/checkpoint.h"
#include "engine/config.h"
#include "engine/tokenizer/tokenizer.h"
#include "harness/weights.h"
#include "scoring/metric.h"

namespace e2lm {
namespace {

std::vector<std::string> checked_metrics(const Task& task) {
  std::vector<std::string> names;
  Problems problems(task.path.string());
  for (const Task::MetricName& metric : task.metrics) {
    const std::string objection = objection_to(metric.name, OutputType::multiple_choice);
    if (!objection.empty()) {
      problems.add(metric.line, objection);
    } else if (find_metric(metric.name)->needs_unconditional) {
      problems.add(metric.line, fmt::format("the metric '{}' needs the choices' log-likelihoods "
                                            "without context, which a sweep does not ask for",
                                            metric.name));
    }
    names.push_back(metric.name);
  }
  problems.raise();
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

class Planner {
 public:
  Planner(const TaskLibrary& library, Store& store, const RequestOptions& requests,
          const EngineOptions& engine)
      : library_(library), store_(store), requests_(requests), engine_(engine) {}

  PlannedSweep plan(const Manifest& manifest) {
    result_.plan.rules = manifest.rules;
    for (const std::string& word : manifest.tasks) read_tasks(word);
    for (const Series& series : manifest.series) add_series(series);
    write_plan(store_, result_.plan);
    return std::move(result_);
  }

 private:
  struct ReadTask {
    TaskRequests requests;
    std::vector<std::string> metrics;
  };

  void read_tasks(const std::string& word) {
    auto& names = result_.plan.task_names;
    for (const Path& path : library_.find(word)) {
      const Task task = Task::read(path);
      if (std::find(names.begin(), names.end(), task.name) != names.end()) continue;
      names.push_back(task.name);
      tasks_.push_back({make_requests(task, requests_), checked_metrics(task)});
    }
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
      PreparedTask prepared = prepare_task(task.requests, tokenizer);
      const auto order = prepared.tree.order();
      const int64_t request_set =
          store_.add_request_set(prepared.sha256(), {order.begin(), order.end()});
      rows.push_back({.name = task.requests.task,
                      .content_sha256 = task.requests.sha256(),
                      .tokenizer_sha256 = tokenizer.sha256(),
                      .request_set = request_set,
                      .items = task.requests.items,
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

  const TaskLibrary& library_;
  Store& store_;
  const RequestOptions& requests_;
  const EngineOptions& engine_;
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
  return Planner(library, store, requests, engine).plan(manifest);
}

}  // namespace e2lm
