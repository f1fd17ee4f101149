// The main job: the bundled series on the bundled tasks, against reference results of transformers.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/json.h"
#include "harness/results/results.h"
#include "harness/sweep/items.h"
#include "harness/sweep/plan.h"
#include "scoring/metrics/metric.h"
#include "tests/support/places.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;  // some ten times slower: three of the 21 checkpoints then
#else
constexpr bool kSanitized = false;
#endif

const Path kSource = source_dir();

// One sweep for all tests of this file.
class BundledSeries : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    scratch_ = new Scratch;
    Path manifest = kSource / "checkpoints.yaml";
    if (kSanitized) {
      std::string text = read_file(manifest);
      const std::string all = "[{from: 40, to: 640, by: 40}, 1152, 1664, 2176, 2688, 3200]";
      for (size_t at; (at = text.find(all)) != std::string::npos;) {
        text.replace(at, all.size(), "[40, 640, 3200]");
      }
      for (const char* folder : {"tokenizer: series", "path: series"}) {
        for (size_t at = 0; (at = text.find(folder, at)) != std::string::npos; at += 20) {
          text.insert(text.find("series", at), kSource.string() + "/");
        }
      }
      manifest = scratch_->write("checkpoints.yaml", text);
    }
    const auto started = std::chrono::steady_clock::now();
    result_ = run_program({.arguments = {"sweep", manifest, "-o", *scratch_ / "run", "--quiet"},
                           .folder = scratch_->folder()});
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
    std::printf("sweep: %.1f s\n", seconds.count());
  }
  static void TearDownTestSuite() { delete scratch_; }

  void SetUp() override { ASSERT_EQ(result_.exit_code, 0) << result_.errors; }

  static Path store_path() { return *scratch_ / "run/store.sqlite"; }
  static Json golden(const char* name) {
    const Path path = kSource / "tests/golden/series" / name;
    return parse_json(read_file(path), path.string());
  }

  static Scratch* scratch_;
  static ProgramResult result_;
};

Scratch* BundledSeries::scratch_ = nullptr;
ProgramResult BundledSeries::result_;

// Items whose two best choices are so near that rounding may swap them.
template <typename Value>
int near_ties(const std::vector<Item>& items, const Value& value) {
  int count = 0;
  for (const Item& item : items) {
    std::vector<double> values;
    for (const Choice& choice : item.choices) values.push_back(value(choice));
    std::sort(values.rbegin(), values.rend());
    count += values[0] - values[1] < 1e-4;
  }
  return count;
}

TEST_F(BundledSeries, EveryCellHasTheReferenceAccuracy) {
  const Json curves = golden("curves.json");
  const Store store = Store::open_existing(store_path());
  const Plan plan = read_plan(store);
  const auto cells = store.cells();
  int compared = 0, excepted_items = 0, differing_cells = 0;
  for (const Plan::SeriesRow& series : plan.series) {
    for (const Json& reference : curves["series"][series.name]["checkpoints"]) {
      const auto checkpoint = std::find_if(
          series.checkpoints.begin(), series.checkpoints.end(),
          [&](const auto& row) { return row.ref.step == reference["iter"].get<int64_t>(); });
      if (checkpoint == series.checkpoints.end()) continue;
      EXPECT_EQ(checkpoint->ref.tokens, reference["tokens"].get<double>());
      for (const auto& [name, expected] : reference["tasks"].items()) {
        const Plan::TaskRow& task = plan.task(name, series);
        const auto& cell = cells.at({*checkpoint->weights, task.request_set, checkpoint->settings});
        const auto scores = read_scores(store, cell.id, store.finish_order(task.request_set));
        const std::vector<Item> items = items_of(task.items, scores);
        const auto n = static_cast<double>(items.size());
        const std::string what =
            series.name + " " + std::to_string(checkpoint->ref.step) + " " + name;
        const int ties = near_ties(items, [](const Choice& c) { return c.logprob_nats; });
        const double acc = score_items(*find_metric("acc"), items).value;
        const double off = std::abs(acc - expected["acc"].get<double>()) * n;
        EXPECT_LE(off, ties + 0.01) << what;
        differing_cells += off > 0.01;
        excepted_items += ties;
        const int norm_ties =
            near_ties(items, [](const Choice& c) { return c.logprob_nats / c.characters; });
        const double acc_norm = score_items(*find_metric("acc_norm"), items).value;
        EXPECT_LE(std::abs(acc_norm - expected["acc_norm"].get<double>()) * n, norm_ties + 0.01)
            << what;
        EXPECT_NEAR(score_items(*find_metric("margin"), items).value,
                    expected["margin"].get<double>(), 1e-3)
            << what;
        ++compared;
      }
    }
  }
  EXPECT_EQ(compared, kSanitized ? 5 * 3 * 4 : 105 * 4);
  std::printf("%d cells compared, %d items with a tie below 1e-4 nats, %d cells differ by them\n",
              compared, excepted_items, differing_cells);
}

TEST_F(BundledSeries, ChoicesHaveTheReferenceLogProbabilities) {
  const Json reference = golden("golden_logprobs.json");
  const Store store = Store::open_existing(store_path());
  const Plan plan = read_plan(store);
  const auto cells = store.cells();
  double worst = 0;
  int compared = 0;
  for (const auto& [name, expected] : reference["checkpoints"].items()) {
    const std::string series_name = name.substr(0, name.find('/'));
    const int64_t step = std::stoll(name.substr(name.find("iter_") + 5));
    const auto series = std::find_if(plan.series.begin(), plan.series.end(),
                                     [&](const auto& row) { return row.name == series_name; });
    ASSERT_NE(series, plan.series.end());
    const auto checkpoint = std::find_if(series->checkpoints.begin(), series->checkpoints.end(),
                                         [&](const auto& row) { return row.ref.step == step; });
    if (checkpoint == series->checkpoints.end()) continue;
    const Plan::TaskRow& task = plan.task("wordnet_kinds", *series);
    const auto& cell = cells.at({*checkpoint->weights, task.request_set, checkpoint->settings});
    const auto scores = read_scores(store, cell.id, store.finish_order(task.request_set));
    size_t next = 0;
    for (const Json& row : expected["logprobs"]) {
      for (const double logprob : row) {
        worst = std::max(worst, std::abs(scores.at(next++).nats - logprob));
        ++compared;
      }
    }
  }
  EXPECT_LE(worst, 1e-3);
  EXPECT_EQ(compared, kSanitized ? 4000 : 6000);
  std::printf("%d choices compared, largest difference %.2g nats\n", compared, worst);
}

TEST_F(BundledSeries, TheLeaderboardTellsEarlySignalFromLateAndNone) {
  if (kSanitized) GTEST_SKIP() << "needs all checkpoints; the release build runs this";
  const Report report = load_report(Store::open_existing(store_path()));
  std::map<std::string, Judgement> by_task;
  for (const Judgement& judgement : report.judgements) {
    if (judgement.metric == "acc") by_task[judgement.task] = judgement;
  }
  ASSERT_EQ(by_task.size(), 5u);
  for (const char* early : {"wordnet_kinds", "wordnet_everyday"}) {
    EXPECT_GT(*by_task[early].signal_mean, 0.8) << early;
    EXPECT_EQ(by_task[early].early_above, 4) << early;
    EXPECT_EQ(by_task[early].late_above, 4) << early;
  }
  for (const char* late : {"wordnet_glosses", "wordnet_parts"}) {
    EXPECT_LT(*by_task[late].signal_mean, 0.5) << late;
    EXPECT_EQ(by_task[late].early_above, 0) << late;
    EXPECT_GE(by_task[late].late_above, 2) << late;
  }
  const Judgement& letters = by_task["wordnet_kinds_letters"];
  EXPECT_EQ(letters.early_above, 0);
  EXPECT_EQ(letters.late_above, 0);
  EXPECT_GT(letters.signal_noise_p, 0.001);
  EXPECT_GT(*by_task["wordnet_kinds"].compliance_mean, 0.5) << "needs science text";
  EXPECT_LT(*by_task["wordnet_everyday"].compliance_mean, 0.2) << "does not";
  EXPECT_TRUE(by_task["wordnet_kinds"].total.has_value());
}

}  // namespace
}  // namespace e2lm
