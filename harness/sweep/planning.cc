#include "harness/sweep/planning.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>

#include "base/error.h"
#include "engine/tokenizer/tokenizer.h"
#include "harness/sweep/checkpoint_plan.h"
#include "harness/sweep/items.h"
#include "harness/sweep/known_requests.h"
#include "harness/sweep/positions.h"
#include "harness/sweep/series_tokenizer.h"
#include "harness/sweep/weights.h"

namespace e2lm {
namespace {

// The stored names of a task's metrics. Curves are made of the metrics' own aggregations.
std::vector<std::string> metric_names(const Task& task) {
  std::vector<std::string> names;
  for (const TaskMetric& metric : metrics_of(task)) {
    if (!metric.aggregation || metric.aggregation->name != metric.metric->aggregation) {
      throw Error(task.path.string(),
                  fmt::format("a sweep aggregates {} by {}", metric.metric->name,
                              metric.metric->aggregation),
                  "no other aggregation in metric_list");
    }
    names.push_back(stored_name(metric));
  }
  return names;
}

// Items of rolling requests know in how many windows they were scored.
std::vector<ItemShape> with_windows(const TaskRequests& task, const PreparedTask& prepared) {
  std::vector<ItemShape> items = task.items;
  if (task.output_type != OutputType::loglikelihood_rolling) return items;
  for (size_t i = 0; i < items.size(); ++i) items[i].windows = prepared.windows[i];
  return items;
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
    if (rolls || cuts) result_.read.max_positions = fewest_positions(manifest, store_);
    take_over();
    if (!hooks_.earlier) result_.damaged_cells = store_.drop_damaged_blocks();
    if (result_.read.rows.empty()) read_tasks(tasks);  // wrong ones are said before any hashing
    tasks_of_manifest_ = &tasks;
    hash_weights(manifest);
    for (const Series& series : manifest.series) {
      if (series.scan) note_gone(series, manifest.path.parent_path());
      add_series(series);
    }
    prepare_lacking_tasks();
    for (const Plan::SeriesRow& series : result_.plan.series) list_tasks(series.tokenizer_sha256);
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
    hash_ahead(store_, folders,
               {.threads = threads_of(engine_), .quiet = hooks_.quiet, .stop = hooks_.stop});
  }

  // A scan does not see what was deleted, and the curve would lose its points without a word.
  void note_gone(const Series& series, const Path& manifest_folder) {
    std::vector<int64_t> gone;
    Statement scored(store_.database(),
                     "SELECT step FROM checkpoint WHERE series = ? AND position IS NOT NULL "
                     "AND weights IS NOT NULL ORDER BY step");
    scored.bind(series.name);
    while (scored.step()) {
      const int64_t step = scored.integer(0);
      const bool there = std::ranges::any_of(
          series.checkpoints, [&](const CheckpointRef& ref) { return ref.step == step; });
      if (!there && !is_seen(manifest_folder / series.scan->fill(step))) gone.push_back(step);
    }
    if (gone.empty()) return;
    result_.notes.push_back(
        fmt::format("{}: gone since the last sweep: step {}. A scan leaves that out; listed in "
                    "`steps` it keeps its results.",
                    series.name, fmt::join(gone, ", ")));
  }

  void add_series(const Series& series) {
    Plan::SeriesRow row{.name = series.name,
                        .group = series.group,
                        .control_for = series.control_for,
                        .mix = series.mix,
                        .tokenizer_sha256 = tokenizer_of(series)};
    const Path tokenizer = tokenizer_path(series);
    for (const CheckpointRef& ref : series.checkpoints) {
      end_if_asked();
      row.checkpoints.push_back(
          plan_checkpoint(ref, store_, engine_,
                          {.hashes = hashes(checkpoints_++), .any_device = hooks_.any_device}));
      if (series.tokenizer.empty()) check_tokenizer(row, tokenizer);
    }
    result_.plan.series.push_back(std::move(row));
  }

  // A series has one tokenizer. The latest checkpoint, where it has another one that gives other
  // tokens, would be scored in tokens that it does not know: it fails.
  void check_tokenizer(Plan::SeriesRow& series, const Path& of_series) {
    Plan::CheckpointRow& row = series.checkpoints.back();
    const Path own = tokenizer_path(row.ref);
    if (!row.weights || row.as_before || own.empty() || own == of_series) return;
    try {
      const std::string bytes = known_tokenizer_sha256(store_, own);
      if (bytes == known_tokenizer_sha256(store_, of_series)) return;
      if (const std::string task = other_tokens(series.tokenizer_sha256, own); !task.empty()) {
        throw Error(own.string(),
                    fmt::format("its tokenizer gives other tokens for {} than that of {}", task,
                                of_series.string()),
                    "one tokenizer for a series, in its checkpoints or as `tokenizer`");
      }
    } catch (const StoreError&) {
      throw;
    } catch (const Error& error) {
      row.weights.reset();
      row.error = error.what();
    }
  }

  // A task of which another tokenizer makes other requests than the series'; empty if there is
  // none.
  std::string other_tokens(const std::string& of_series, const Path& own) {
    const auto& other = result_.read.rows.at(add_tokenizer(own));
    const auto& ours = result_.read.rows.at(of_series);
    for (size_t t = 0; t < ours.size(); ++t) {
      if (ours[t].request_set != other[t].request_set) return ours[t].name;
    }
    return "";
  }

  // Its SHA-256. Where all checkpoints of a series are gone, and their tokenizer with them, it is
  // the one that an earlier plan read.
  std::string tokenizer_of(const Series& series) {
    if (const Path path = tokenizer_path(series); !path.empty()) return add_tokenizer(path);
    Statement find(store_.database(), "SELECT tokenizer_sha256 FROM series WHERE name = ?");
    const std::string sha256 = find.bind(series.name).step() ? find.text(0) : "";
    if (!result_.read.rows.contains(sha256)) fail_without_tokenizer(series);
    return sha256;
  }

  // Every task in this tokenizer's tokens; returns the tokenizer's SHA-256.
  std::string add_tokenizer(const Path& path) {
    auto& known = result_.read.tokenizers[path];
    const auto files = stamps_of_tokenizer(path);
    if (known.sha256.empty() || known.files != files) {
      Tokenizer tokenizer = Tokenizer::read(path);
      known = {.files = files, .sha256 = tokenizer.sha256()};
      if (!result_.read.rows.contains(known.sha256)) add_tasks(std::move(tokenizer));
    }
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

  // Tasks whose request sets are known are made ready at the end, if anything lacks them.
  void add_tasks(Tokenizer read) {
    if (tasks_.empty()) read_tasks(*tasks_of_manifest_);
    const Tokenizer& tokenizer = tokenizers_.emplace_back(std::move(read));
    auto& rows = result_.read.rows[tokenizer.sha256()];
    for (const ReadTask& task : tasks_) {
      end_if_asked();
      rows.push_back({.name = task.requests.task,
                      .content_sha256 = task.requests.sha256(),
                      .tokenizer_sha256 = tokenizer.sha256(),
                      .items = task.requests.items,
                      .metrics = task.metrics,
                      .shots = task.requests.shots});
      const auto known = known_request_set(store_, source_of(rows.back()));
      const bool rolls = task.requests.output_type == OutputType::loglikelihood_rolling;
      if (known && !rolls && !hooks_.earlier) {
        rows.back().request_set = *known;
      } else {
        prepare(task, tokenizer, rows.back());
      }
    }
  }

  RequestSource source_of(const Plan::TaskRow& row) const {
    return {row.content_sha256, row.tokenizer_sha256, rules_, result_.read.max_positions};
  }

  void prepare(const ReadTask& task, const Tokenizer& tokenizer, Plan::TaskRow& row) {
    PreparedTask prepared = prepare_task(task.requests, tokenizer, result_.read.max_positions,
                                         rules_, threads_of(engine_));
    const auto order = prepared.tree.order();
    const std::string sha256 = prepared.sha256();
    row.request_set = store_.add_request_set(sha256, {order.begin(), order.end()});
    row.items = with_windows(task.requests, prepared);
    remember_request_set(store_, source_of(row), sha256);
    result_.tasks.emplace(row.request_set, std::move(prepared));
  }

  void prepare_lacking_tasks() {
    const auto cells = store_.cells();
    for (const Tokenizer& tokenizer : tokenizers_) {
      auto& rows = result_.read.rows.at(tokenizer.sha256());
      for (size_t t = 0; t < rows.size(); ++t) {
        if (result_.tasks.contains(rows[t].request_set) || !lacking(rows[t], cells)) continue;
        end_if_asked();
        prepare(tasks_[t], tokenizer, rows[t]);
      }
    }
  }

  // Whether a checkpoint has no results of a task, or none that are known here. One that cannot be
  // read, as one that is still to come, will have none; what is on the hub may be fetched.
  bool lacking(const Plan::TaskRow& task,
               const std::map<Store::CellKey, Store::Cell>& cells) const {
    const auto done = [&](const Plan::CheckpointRow& checkpoint) {
      if (!checkpoint.weights) return !checkpoint.ref.hub && !checkpoint.error.empty();
      const auto cell = cells.find({*checkpoint.weights, task.request_set, checkpoint.settings});
      return cell != cells.end() && cell->second.state == Store::State::done;
    };
    return std::ranges::any_of(result_.plan.series, [&](const Plan::SeriesRow& series) {
      return series.tokenizer_sha256 == task.tokenizer_sha256 &&
             !std::ranges::all_of(series.checkpoints, done);
    });
  }

  Store& store_;
  const RequestOptions& requests_;
  const EngineOptions& engine_;
  const PlanHooks& hooks_;
  int64_t checkpoints_ = 0;  // planned so far
  TokenRules rules_;
  PlannedSweep result_;
  const std::vector<Task>* tasks_of_manifest_ = nullptr;
  std::deque<Tokenizer> tokenizers_;  // that tasks were read for
  std::vector<ReadTask> tasks_;       // none where an earlier plan made them ready
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
