#include "harness/import/importer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "harness/import/file_agreement.h"
#include "harness/import/readers.h"
#include "harness/import/result_files.h"
#include "harness/import/score_number.h"
#include "harness/lm_eval/sample_reader.h"
#include "harness/sweep/plan.h"

namespace e2lm {
namespace {

double written_at(const ImportedFile& file) {
  if (file.written) return *file.written;
  std::error_code code;
  const auto time = std::filesystem::last_write_time(file.path, code);
  if (code) return 0;
  const auto since_1970 = std::chrono::file_clock::to_sys(time).time_since_epoch();
  return std::chrono::duration<double>(since_1970).count();
}

bool fits_any(const std::string& glob, const std::set<std::string>& names) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& name) { return matches_glob(name, glob); });
}

std::string listed(const std::set<std::string>& names) {
  constexpr size_t kMost = 20;
  std::vector<std::string> first(names.begin(), names.end());
  if (first.size() <= kMost) return fmt::format("{}", fmt::join(first, ", "));
  first.resize(kMost);
  return fmt::format("{} and {} more", fmt::join(first, ", "), names.size() - kMost);
}

class Importer {
 public:
  Importer(const ImportOptions& options, Store& store)
      : options_(options), store_(store), tables_(store) {}

  void add(const ResultPath& path) {
    if (!options_.samples && lm_eval::is_samples_file(path.path)) return;
    std::optional<ImportedFile> file;
    try {
      file = read_result_file(path.path);
    } catch (const lm_eval::GoldUnknown&) {
      if (!path.in_folder) throw;
      return skip(path, "does not say which answers are right; its results file has the scores",
                  "");
    }
    if (!file) return skip(path, "is of no known format", kKnownFormats);
    const bool empty = std::all_of(
        file->checkpoints.begin(), file->checkpoints.end(),
        [](const ImportedCheckpoint& one) { return one.scores.empty() && one.items.empty(); });
    if (empty) return skip(path, "holds no score", "results of one task at least");
    add_file(*file);
  }

  int64_t files() const { return summary_.files; }

  // REQUIRES: a file was imported.
  ImportSummary finish() {
    for (const MeanRow& mean : options_.means) tables_.set_mean(mean);
    check_options();
    tables_.settle_differences(options_.newest);
    return std::move(summary_);
  }

 private:
  using Key = std::tuple<std::string, int64_t, std::string, std::string>;
  struct Said {
    std::string setting, where;
  };

  // An option that fits nothing is a slip of the pen, and would go unseen: with a wrong --only a
  // file would lose what it gave before.
  void check_options() const {
    for (const std::string& glob : options_.tasks) {
      if (fits_any(glob, offered_)) continue;
      throw Error("--only", fmt::format("'{}' fits no task of these files", glob),
                  listed(offered_));
    }
    const auto& control = options_.identity.control_for;
    std::set<std::string> tasks = imported_tasks(store_), series = imported_series(store_);
    if (has_plan(store_)) {
      const Plan plan = read_plan(store_);
      tasks.insert(plan.task_names.begin(), plan.task_names.end());
      for (const Plan::SeriesRow& row : plan.series) series.insert(row.name);
    }
    for (const MeanRow& mean : options_.means) {
      if (fits_any(mean.glob, tasks)) continue;
      throw Error("--mean", fmt::format("'{}' fits no task", mean.glob), listed(tasks));
    }
    for (const MeanRow& mean : read_import_means(store_)) {
      if (!tasks.contains(mean.name)) continue;
      throw Error(
          "--mean",
          fmt::format("'{}', the mean of '{}', is the name of a task", mean.name, mean.glob),
          "a name that no task has");
    }
    if (!control || series.contains(*control)) return;
    throw Error("--control-for", fmt::format("'{}' is no series here", *control),
                "a series imported before or now: " + listed(series));
  }

  void skip(const ResultPath& path, const std::string& why, const char* expected) {
    if (!path.in_folder) throw Error(path.path.string(), why, expected);
    summary_.skipped.push_back({path.path, why});
  }

  void add_file(const ImportedFile& file) {
    ++summary_.files;
    const int64_t id = tables_.replace_file(file, written_at(file));
    agreement_ = {};
    for (const ImportedCheckpoint& checkpoint : file.checkpoints) {
      const Identity identity = identify(file, checkpoint.origin, options_.identity);
      agreement_.add_checkpoint(identity, checkpoint.origin);
      tables_.set_series(identity);
      for (const ImportedScore& score : checkpoint.scores) add_score(id, identity, score);
      for (const ImportedItems& items : checkpoint.items) add_items(id, identity, items);
    }
  }

  bool wanted(const std::string& task) const {
    return options_.tasks.empty() ||
           std::any_of(options_.tasks.begin(), options_.tasks.end(),
                       [&](const std::string& glob) { return matches_glob(task, glob); });
  }

  void add_score(int64_t file, const Identity& identity, ImportedScore score) {
    offered_.insert(score.task);
    if (!wanted(score.task)) return;
    if (const auto level = mapped_chance(score)) score.chance = level;
    if (!agreement_.add_score(identity, score)) return;
    note_setting(identity.series, score);
    if (!score.higher_is_better) {
      score.higher_is_better = higher_is_better(score.task, score.metric);
    }
    tables_.add_score(file, identity, score);
    const Key key(identity.series, identity.step, score.task, score.metric);
    if (counted_.insert(key).second) ++summary_.scores;
  }

  // Zero and five examples make no curve. Said once of each series.
  void note_setting(const std::string& series, const ImportedScore& score) {
    if (score.setting.empty() || mixed_.contains(series)) return;
    const auto [first, is_new] =
        settings_.try_emplace({series, score.task}, Said{score.setting, score.where});
    if (is_new || first->second.setting == score.setting) return;
    mixed_.insert(series);
    summary_.mixed.push_back(fmt::format(
        "{} of {} is {} ({}) and {} ({}); all are taken for one curve", score.task, series,
        first->second.setting, first->second.where, score.setting, score.where));
  }

  std::optional<double> mapped_chance(const ImportedScore& score) const {
    const bool accuracy = score.metric.starts_with("acc") || score.metric == "score";
    if (!options_.identity.map || !accuracy) return {};
    for (const auto& [glob, level] : options_.identity.map->chance) {
      if (matches_glob(score.task, glob)) return level;
    }
    return {};
  }

  void add_items(int64_t file, const Identity& identity, const ImportedItems& items) {
    offered_.insert(items.task);
    if (!wanted(items.task)) return;
    tables_.add_items(file, identity, items);
    summary_.documents += std::ssize(items.items);
  }

  const ImportOptions& options_;
  Store& store_;
  ImportTables tables_;
  ImportSummary summary_;
  std::set<std::string> offered_;  // tasks that the files have, wanted or not
  FileAgreement agreement_;        // of the file that is being added
  std::set<Key> counted_;          // scores of all files
  std::map<std::pair<std::string, std::string>, Said> settings_;  // by series and task
  std::set<std::string> mixed_;                                   // series said to be
};

}  // namespace

ImportSummary import_results(std::span<const Path> paths, const ImportOptions& options,
                             Store& store) {
  Transaction transaction(store.database());
  Importer importer(options, store);
  for (const ResultPath& path : list_result_files(paths)) importer.add(path);
  if (importer.files() == 0) {
    throw Error(paths.front().string(), "holds no file of results", kKnownFormats);
  }
  ImportSummary summary = importer.finish();
  transaction.commit();
  return summary;
}

}  // namespace e2lm
