#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "harness/import/readers.h"
#include "harness/lm_eval/sample_reader.h"
#include "scoring/metrics/aggregation.h"
#include "scoring/metrics/metric.h"

namespace e2lm {
namespace {

using lm_eval::SampleFile;

// For standard errors without a formula: known to 2 % is enough.
constexpr Bootstrap kBootstrap = {.draws = 1000};

// What the results file of the same run says, if one lies beside.
std::optional<ImportedFile> results_beside(const SampleFile& file) {
  const std::optional<Path> path = lm_eval::results_file_beside(file);
  std::optional<ImportedFile> results = path ? read_result_file(*path) : std::nullopt;
  if (results && results->checkpoints.empty()) results.reset();
  return results;
}

// The documents by their numbers, and the metrics that can be computed of them.
ImportedItems items_of(const SampleFile& file, const std::string& filter) {
  const std::vector<Item> items = file.items();
  std::vector<size_t> order(items.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return file.samples[a].doc_id < file.samples[b].doc_id; });
  ImportedItems result{.task = file.task, .where = file.path.string()};
  for (const size_t place : order) {
    const int64_t id = file.samples[place].doc_id;
    if (id < 0 || id > INT32_MAX) {
      throw Error(file.path.string(), fmt::format("a document has the number {}", id),
                  "0 or more, below two thousand million");
    }
    result.ids.push_back(static_cast<int32_t>(id));
    result.items.push_back(items[place]);
  }
  for (const Metric& metric : metrics()) {
    const bool own = lm_eval::says_enough(file, metric) &&
                     !lm_eval::compare_recorded(file, metric, items).is_another();
    if (own) result.metrics.push_back(std::string(metric.name) + filter);
  }
  return result;
}

// What the lines record counts where it is another number than that of the documents.
Score score_of(const Metric& metric, const SampleFile& file, std::span<const Item> items,
               bool differs) {
  if (!differs || metric.aggregation != "mean") return score_items(metric, items, kBootstrap);
  std::vector<MetricValue> values;
  for (const auto& sample : file.samples) {
    const auto recorded = sample.recorded.find(std::string(metric.name));
    if (recorded != sample.recorded.end()) values.emplace_back(recorded->second);
  }
  return aggregate(*find_aggregation("mean"), values);
}

// Of the metrics that the lines record.
std::vector<ImportedScore> scores_of(const SampleFile& file, const std::string& filter) {
  const std::vector<Item> items = file.items();
  std::vector<ImportedScore> scores;
  for (const Metric& metric : metrics()) {
    if (!file.samples.front().recorded.contains(std::string(metric.name)) ||
        !lm_eval::says_enough(file, metric)) {
      continue;
    }
    const lm_eval::Recorded recorded = lm_eval::compare_recorded(file, metric, items);
    const Score score = score_of(metric, file, items, recorded.differ > 0);
    ImportedScore& into =
        scores.emplace_back(ImportedScore{.task = file.task,
                                          .metric = std::string(metric.name) + filter,
                                          .value = score.value,
                                          .standard_error = score.standard_error,
                                          .samples = score.items,
                                          .higher_is_better = metric.higher_is_better,
                                          .where = file.path.string()});
    if (!recorded.is_another()) into.chance = chance_level(metric, items);
  }
  return scores;
}

}  // namespace

void read_sample_file(ImportedFile& into) {
  const SampleFile file = lm_eval::read_samples(into.path);
  if (file.task.empty()) {
    throw Error(into.path.string(), "does not say which task its samples are of",
                "a name of the form samples_TASK_TIME.jsonl");
  }
  const std::string filter = file.filter.empty() || file.filter == "none" ? "" : "," + file.filter;
  ImportedCheckpoint checkpoint;
  checkpoint.items.push_back(items_of(file, filter));
  if (const auto results = results_beside(file)) {
    const ImportedCheckpoint& beside = results->checkpoints.front();
    checkpoint.origin = beside.origin;
    into.written = results->written;
    std::copy_if(beside.scores.begin(), beside.scores.end(), std::back_inserter(checkpoint.scores),
                 [&](const ImportedScore& score) { return score.task == file.task; });
  }
  if (checkpoint.scores.empty()) {
    checkpoint.scores = scores_of(file, filter);
  }
  into.checkpoints.push_back(std::move(checkpoint));
}

}  // namespace e2lm
