// Reference numbers computed by numpy from real training runs: every one of them comes out of
// judge().

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "scoring/judgement/judgement.h"
#include "tests/scoring/real_curves.h"

namespace e2lm {
namespace {

constexpr double kTolerance = 1e-9;  // sums in another order

void expect_value(const Json& expected, const std::optional<double>& value,
                  const std::string& what) {
  ASSERT_EQ(value.has_value(), expected.is_number()) << what;
  if (!value) return;
  EXPECT_NEAR(*value, expected.get<double>(), kTolerance) << what;
}

void expect_ratio(const Json& expected, const std::optional<double>& value,
                  const std::string& what) {
  ASSERT_EQ(value.has_value(), expected.is_number()) << what;
  if (!value) return;
  EXPECT_NEAR(*value, expected.get<double>(), kTolerance * std::abs(expected.get<double>()))
      << what;
}

void expect_ranked(const Json& expected, const RankedQuality& quality, const std::string& what) {
  expect_value(expected["rho"], quality.rho, what + " rho");
  expect_value(expected["mono"], quality.monotonicity, what + " mono");
  expect_value(expected["sq"], quality.quality, what + " sq");
}

void expect_signal(const Json& expected, const SignalQuality& signal, const std::string& what) {
  EXPECT_EQ(signal.n, expected["n"].get<int64_t>()) << what;
  EXPECT_EQ(signal.lags, expected["lags"].get<int64_t>()) << what;
  expect_value(expected["autocorr"], signal.autocorrelation, what + " autocorr");
  expect_ranked(expected, {signal.rho, signal.monotonicity, signal.quality}, what);
  const Json& ties = expected["ties"];
  EXPECT_EQ(signal.ties.groups, ties["tied_groups"].get<int64_t>()) << what;
  EXPECT_EQ(signal.ties.points, ties["tied_points"].get<int64_t>()) << what;
  expect_ranked(expected, signal.ties.stable, what + " stable");
  expect_ranked(ties["reversed"], signal.ties.reversed, what + " reversed");
  expect_ranked(ties["average_d2"], signal.ties.average_d2, what + " average_d2");
  expect_ranked(ties["average_pearson"], signal.ties.average_pearson, what + " average_pearson");
  expect_ranked(ties["min"], signal.ties.min, what + " min");
  expect_ranked(ties["max"], signal.ties.max, what + " max");
}

// The golden file's values of a task by model; returns how many there were.
int compare_signal(const Json& by_model, const TaskCurves& task, ScoringRules rules) {
  rules.draws = rules.null_draws = 0;
  const Judgement judgement = judge({task}, rules)[0];
  int compared = 0;
  for (const SeriesSignal& series : judgement.signal) {
    if (!by_model.contains(series.series)) {
      ADD_FAILURE() << series.series << " is not in the golden file";
      continue;
    }
    expect_signal(by_model[series.series], series.signal, task.task + " " + series.series);
    ++compared;
  }
  EXPECT_EQ(compared, static_cast<int>(by_model.size())) << task.task;
  return compared;
}

class GoldenScores : public testing::Test {
 protected:
  void SetUp() override {
    if (!has_shared_data()) GTEST_SKIP() << "the runs' results are not beside this checkout";
  }
};

TEST_F(GoldenScores, TheCompetitionsCurves) {
  const Json golden = read_golden("e2lm_scores.json");
  const RealTasks tasks = e2lm_curves();
  const ScoringRules rules{.early = {.max_tokens = 206e9, .step_multiple = 4000}};
  int compared = 0;
  for (const auto& [task, by_model] : golden["scores"].items()) {
    compared += compare_signal(by_model, tasks.at(task), rules);
  }
  EXPECT_EQ(compared, 144);
}

TEST_F(GoldenScores, TheCompetitionsMeans) {
  const Json golden = read_golden("e2lm_scores.json");
  ScoringRules rules{
      .early = {.max_tokens = 206e9, .step_multiple = 4000}, .draws = 0, .null_draws = 0};
  for (const auto& [name, task] : e2lm_curves()) {
    for (const char* part : {"arch1", "arch2", "all"}) {
      TaskCurves chosen = task;
      std::erase_if(chosen.series, [&](const SeriesCurve& series) {
        return std::string(part) != "all" && series.series.find(part) == std::string::npos;
      });
      const Json& expected = golden["means"][name][part];
      rules.tie_rule = TieRule::stable;
      expect_value(expected["sq"], judge({chosen}, rules)[0].signal_mean, name + part);
      rules.tie_rule = TieRule::reversed;
      expect_value(expected["sq_ties_min"], judge({chosen}, rules)[0].signal_mean, name + part);
    }
  }
}

TEST_F(GoldenScores, CruisesTwoSeries) {
  const Json golden = read_golden("cruise_scores.json");
  int compared = 0;
  for (const auto& [name, task] : cruise_curves()) {
    for (const SeriesCurve& series : task.series) {
      Json by_model = Json::object();
      by_model[series.series] = golden["scores"][series.series];
      compared += compare_signal(by_model, task, {});
    }
  }
  EXPECT_EQ(compared, 2);
}

TEST_F(GoldenScores, PythiasOnBothGridsAndTheirPerplexityEitherWay) {
  const Json golden = read_golden("pythia_scores.json");
  const RealTasks tasks = pythia_curves();
  int compared = 0;
  for (const auto& [grid, by_task] : golden["scores"].items()) {
    for (const auto& [name, by_model] : by_task.items()) {
      ScoringRules rules;
      if (grid == "from3000") rules.early.min_step = 3000;
      if (name == "lambada_openai:ppl") rules.orientation = Orientation::as_stored;
      const bool negated = name == "lambada_openai:ppl_negated";
      compared += compare_signal(by_model, tasks.at(negated ? "lambada_openai:ppl" : name), rules);
    }
  }
  EXPECT_EQ(compared, 2 * 17 * 4);
}

TEST_F(GoldenScores, BigSciencesUnequalSeries) {
  const Json golden = read_golden("bigscience_scores.json");
  const RealTasks tasks = bigscience_curves();
  int compared = 0;
  for (const auto& [name, by_model] : golden["scores"].items()) {
    compared += compare_signal(by_model, tasks.at(name), {});
  }
  EXPECT_EQ(compared, 14 * 3);
}

void expect_snr(const Json& expected, const TaskSignal& signal, const std::string& what) {
  const SignalToNoise& snr = signal.snr;
  EXPECT_EQ(Json(snr.last_steps), expected["last5_steps"]) << what;
  for (size_t m = 0; m < signal.models.size(); ++m) {
    const std::string& model = signal.models[m];
    EXPECT_NEAR(snr.mean_last[m], expected["mean_last5"][model].get<double>(), kTolerance) << what;
    expect_value(expected["noise"][model], snr.noise[m], what + " noise");
    expect_ratio(expected["snr"][model], snr.snr[m], what + " snr");
  }
  expect_value(expected["signal"], snr.signal, what + " signal");
  expect_ratio(expected["snr_mean_noise"], snr.snr_mean_noise, what + " snr_mean_noise");
  expect_ratio(expected["snr_pooled"], snr.snr_pooled, what + " snr_pooled");
}

void expect_ranking(const Json& expected, TaskCurves task, ScoringRules rules) {
  rules.draws = rules.null_draws = 0;
  // The golden file's order of models, which decision accuracy depends on where scores are equal.
  std::sort(task.series.begin(), task.series.end(), [&](const auto& a, const auto& b) {
    const auto place = [&](const std::string& name) {
      return std::find(expected["models"].begin(), expected["models"].end(), name);
    };
    return place(a.series) < place(b.series);
  });
  const Judgement judgement = judge({task}, rules)[0];
  ASSERT_EQ(judgement.groups.size(), 1u);
  const GroupRanking& group = judgement.groups[0];
  ASSERT_EQ(Json(group.models), expected["models"]);
  ASSERT_EQ(group.steps.size(), expected["per_step"].size());
  EXPECT_EQ(group.steps.back().step, expected["final_step"].get<int64_t>());
  for (size_t i = 0; i < group.steps.size(); ++i) {
    const Json& at = expected["per_step"][i];
    const StepRanking& step = group.steps[i];
    const std::string what = task.task + " step " + std::to_string(step.step);
    EXPECT_EQ(step.step, at["step"].get<int64_t>());
    EXPECT_EQ(step.tokens, at["tokens"].get<double>());
    expect_value(at["kendall_tau_a"], step.agreement.kendall_tau_a, what);
    expect_value(at["kendall_tau_b"], step.agreement.kendall_tau_b, what);
    expect_value(at["spearman"], step.agreement.spearman, what);
    expect_value(at["decision_accuracy"], step.agreement.decision_accuracy, what);
  }
  const TaskSignal& signal = judgement.task_signal;
  expect_snr(expected["snr"], signal, task.task);
  const Json& fine = expected["finetasks"];
  for (size_t m = 0; m < signal.models.size(); ++m) {
    expect_value(fine["monotonicity"][signal.models[m]], signal.monotonicity[m], task.task);
  }
  expect_value(fine["monotonicity_mean"], signal.monotonicity_mean, task.task);
  EXPECT_EQ(Json(signal.ordering.steps), fine["ordering_steps"]) << task.task;
  EXPECT_EQ(signal.ordering.pairs, fine["ordering_pairs"].get<int64_t>()) << task.task;
  expect_value(fine["ordering_tau_a"], signal.ordering.kendall_tau_a, task.task);
  expect_value(fine["ordering_tau_b"], signal.ordering.kendall_tau_b, task.task);
}

// The golden file's orderings begin past 15 billion tokens on both grids, as FineTasks' do.
TEST_F(GoldenScores, PythiasRanking) {
  const Json golden = read_golden("ranking_pythia.json");
  const RealTasks tasks = pythia_curves();
  for (const auto& [grid, by_task] : golden["ranking"].items()) {
    for (const auto& [name, expected] : by_task.items()) {
      ScoringRules rules;
      TaskCurves task = tasks.at(name);
      if (grid == "from3000") {
        rules.early.min_step = 3000;
        for (SeriesCurve& series : task.series) series.curve = select(series.curve, rules.early);
      }
      expect_ranking(expected, task, rules);
    }
  }
}

TEST_F(GoldenScores, BigSciencesRanking) {
  const Json golden = read_golden("ranking_bigscience.json");
  const RealTasks tasks = bigscience_curves();
  for (const auto& [name, expected] : golden["ranking"].items()) {
    expect_ranking(expected, tasks.at(name), {});
  }
}

}  // namespace
}  // namespace e2lm
