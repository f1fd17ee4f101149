#include "harness/manifest/manifest.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/places.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

const char* const kMinimal =
    "tasks: [wordnet_kinds]\n"
    "series:\n"
    "  - name: a\n"
    "    path: runs/a/step{step}\n"
    "    steps: [10, {from: 20, to: 40, by: 10}, 15]\n"
    "    tokens: {per_step: 1000}\n";

class ManifestTest : public testing::Test {
 protected:
  Manifest read(const std::string& text) { return Manifest::read(scratch_.write("m.yaml", text)); }

  // kMinimal with one piece of text replaced, to be refused with these words.
  template <typename... Parts>
  void expect_refused(const std::string& from, const std::string& to, const Parts&... parts) {
    std::string text = kMinimal;
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos);
    expect_error([&] { read(text.replace(at, from.size(), to)); }, "m.yaml", parts...);
  }

  Scratch scratch_;
};

TEST_F(ManifestTest, ReadsTheBundledOne) {
  const Manifest manifest = Manifest::read(source_dir() / "checkpoints.yaml");
  EXPECT_EQ(manifest.tasks.size(), 5u);
  ASSERT_EQ(manifest.series.size(), 5u);
  for (const Series& series : manifest.series) {
    ASSERT_EQ(series.checkpoints.size(), 21u);
    EXPECT_EQ(series.checkpoints[0].step, 40);
    EXPECT_EQ(series.checkpoints[0].tokens, 81920);
    EXPECT_EQ(series.checkpoints[20].tokens, 6553600);
    for (const CheckpointRef& ref : series.checkpoints) {
      EXPECT_TRUE(std::filesystem::exists(ref.folder / "model.safetensors")) << ref.folder;
    }
  }
  EXPECT_EQ(manifest.series[4].mix, Mix::web);
  EXPECT_EQ(manifest.series[4].control_for, "small-deep");
  EXPECT_EQ(manifest.rules.early.step_multiple, 40);
  EXPECT_EQ(manifest.rules.late.min_tokens, 1310720);
}

TEST_F(ManifestTest, TaskFilesCountFromItsFolderAndNamesAreTheLibrarys) {
  scratch_.write("of_mine/science.v2", "a file, and so a path");
  const std::string series = std::string(kMinimal).substr(std::string(kMinimal).find('\n'));
  const Manifest manifest =
      read("tasks: [mine.yaml, of_mine/c*.yaml, /tmp/a.yaml, of_mine, of_mine/science.v2, a/b]" +
           series);
  const std::string folder = (scratch_ / "").string();
  EXPECT_EQ(manifest.tasks, (std::vector<std::string>{
                                folder + "mine.yaml", folder + "of_mine/c*.yaml", "/tmp/a.yaml",
                                "of_mine", folder + "of_mine/science.v2", "a/b"}));
}

TEST_F(ManifestTest, DefaultsAndPathsCountFromItsFolder) {
  const Manifest manifest = read(kMinimal);
  const Series& series = manifest.series[0];
  EXPECT_EQ(series.group, "a") << "a group of its own";
  EXPECT_EQ(series.mix, Mix::science);
  EXPECT_TRUE(series.tokenizer.empty());
  std::vector<int64_t> steps;
  for (const CheckpointRef& ref : series.checkpoints) steps.push_back(ref.step);
  EXPECT_EQ(steps, (std::vector<int64_t>{10, 15, 20, 30, 40}));
  EXPECT_EQ(series.checkpoints[0].folder, scratch_ / "runs/a/step10");
  EXPECT_EQ(series.checkpoints[4].tokens, 40000);
}

TEST_F(ManifestTest, MaySayWhatProductsAreMadeOf) {
  const std::string rest = kMinimal;
  EXPECT_EQ(read(rest).precision, std::nullopt);
  EXPECT_EQ(read("dtype: auto\n" + rest).precision, std::nullopt);
  EXPECT_EQ(read("dtype: float32\n" + rest).precision, Precision::float32);
  EXPECT_EQ(read("dtype: bfloat16\n" + rest).precision, Precision::bfloat16);
  expect_error([&] { read("dtype: half\n" + rest); }, "m.yaml:1", "'dtype' is 'half'");
}

TEST_F(ManifestTest, MaySayHowTextsBecomeTokens) {
  const std::string rest = kMinimal;
  EXPECT_EQ(read(rest).tokens.json(), TokenRules().json());
  const TokenRules rules =
      read("requests: {special_tokens: add-once, joining: separate, too_long: cut}\n" + rest)
          .tokens;
  EXPECT_EQ(rules.special, SpecialTokens::add_once);
  EXPECT_EQ(rules.joining, Joining::separate);
  EXPECT_EQ(rules.too_long, TokenRules::TooLong::cut);
  expect_error([&] { read("requests: {joining: apart, too_long: x}\n" + rest); }, "m.yaml:1",
               "'requests.joining': 'apart' is unknown (expected joint, separate)",
               "'requests.too_long': 'x'");
}

TEST_F(ManifestTest, ScanTakesTheFoldersThatAreThere) {
  for (const char* name : {"iter_0000020", "iter_0000100", "iter_x", "other_0000030"}) {
    std::filesystem::create_directories(scratch_ / "runs" / name / "hf");
  }
  std::filesystem::create_directories(scratch_ / "runs/iter_0000050");  // without hf
  const Manifest manifest = read(
      "tasks: [t]\nseries:\n  - {name: a, path: 'runs/iter_{step:07}/hf', steps: scan, "
      "tokens: {per_step: 1}}\n");
  ASSERT_EQ(manifest.series[0].checkpoints.size(), 2u);
  EXPECT_EQ(manifest.series[0].checkpoints[1].step, 100);
}

TEST_F(ManifestTest, TokensMayBeAListATableOrASchedule) {
  scratch_.write("tokens.csv", "10,1e9\n15,2e9\n20,3e9\n30,4e9\n40,5e9\n");
  const auto with = [&](const std::string& tokens) {
    std::string text = kMinimal;
    return read(text.replace(text.find("{per_step: 1000}"), 16, tokens)).series[0].checkpoints;
  };
  EXPECT_EQ(with("tokens.csv")[1].tokens, 2e9);
  EXPECT_NEAR(with("e2lm")[0].tokens, 10 * 256 * 4096.0, 1);
}

TEST_F(ManifestTest, AListOfTokensStandsBesideStepsThatRise) {
  const auto with = [&](const std::string& steps) {
    return read(
               "tasks: [t]\nseries:\n  - {name: a, path: 'step{step}', tokens: [1, 2, 5e9], "
               "steps: " +
               steps + "}\n")
        .series[0]
        .checkpoints;
  };
  EXPECT_EQ(with("[10, {from: 20, to: 30, by: 10}]")[2].tokens, 5e9);
  for (const char* steps : {"[30, 20, 10]", "[{from: 20, to: 30, by: 10}, 10]", "[10, 20, 30, 20]"})
    expect_error([&] { with(steps); }, "m.yaml:3",
                 "'series[0].tokens' is a list, for which 'series[0].steps' must rise");
}

TEST_F(ManifestTest, ScoringRules) {
  const auto rules = [&](const std::string& scoring) {
    return read(std::string(kMinimal) + "scoring: " + scoring + "\n").rules;
  };
  EXPECT_EQ(rules("{draws: 9}").tie_rule, TieRule::stable);
  EXPECT_EQ(rules("{tie_rule: average_d2}").tie_rule, TieRule::average_d2);
  EXPECT_EQ(rules("{compliance: effect_size}").compliance, ComplianceMeasure::effect_size);
  EXPECT_EQ(rules("{orientation: as-stored}").orientation, Orientation::as_stored);
  EXPECT_EQ(rules("{draws: 0}").draws, 0);
  EXPECT_EQ(rules("{seed: 7}").seed, 7u);
  const Grid early = rules("{early: {min_step: 3000, max_step: 9000}}").early;
  EXPECT_EQ(early.min_step, 3000);
  EXPECT_EQ(early.max_step, 9000);
  const auto refused = [&](const std::string& scoring, const std::string& what) {
    expect_error([&] { rules(scoring); }, what);
  };
  refused("{tie_rule: first}", "must be stable, reversed, average_d2 or average_pearson");
  refused("{compliance: official}", "must be gap_over_chance, auc_gap or effect_size");
  refused("{orientation: up}", "'scoring.orientation' is 'up'");
  refused("{draws: 1000000}", "'scoring.draws' must be from 0 to 100000");
  refused("{early: {min_step: 9, max_step: 3}}", "'scoring.early' holds no checkpoint");
  refused("{drwas: 5}", "draws");
  refused("{weights: {signal: -0.5}}",
          "m.yaml:7: 'scoring.weights.signal' is -0.5; it must be a number from 0 up");
  refused("{weights: {compliance: .inf}}", "'scoring.weights.compliance'");
}

TEST_F(ManifestTest, ReferencesAndWeights) {
  const auto rules = [&](const std::string& scoring) {
    return read(std::string(kMinimal) + "scoring: " + scoring + "\n").rules;
  };
  using Kind = RankingReference::Kind;
  EXPECT_EQ(rules("{reference: early-mean}").reference.kind, Kind::early_mean);
  EXPECT_EQ(rules("{reference: {step: 30}}").reference.step, 30);
  EXPECT_EQ(rules("{weights: {signal: 1}}").signal_weight, 1.0);
  EXPECT_EQ(rules("{weights: {signal: 1}}").compliance_weight, 0.4);
  EXPECT_EQ(rules("{early: {max_tokens: 206e9}}").early.max_tokens, 206e9);
}

TEST_F(ManifestTest, CheckpointsOnTheHub) {
  const auto with = [&](const std::string& place) {
    return read("tasks: [wordnet_kinds]\nseries:\n  - {name: a, hub: org/model, " + place +
                ", tokens: {per_step: 1000}}\n")
        .series[0]
        .checkpoints;
  };
  using Place = HubPlace;
  EXPECT_EQ(with("subfolder: 'iter_{step:04}', steps: [10, 20]")[1].hub,
            (Place{"org/model", "main", "iter_0020"}));
  EXPECT_EQ(with("revision: 'step{step}', steps: [10]")[0].hub, (Place{"org/model", "step10", ""}));
  EXPECT_EQ(with("revision: v2, subfolder: 'a/{step}', steps: 7")[0].hub,
            (Place{"org/model", "v2", "a/7"}));
  EXPECT_EQ(with("steps: 1")[0].tokens, 1000);
  expect_error([&] { with("steps: scan, revision: 'step{step}'"); }, "cannot be 'scan'");
}

// As of models whose checkpoints are repositories of their own, or named after their tokens.
TEST_F(ManifestTest, CheckpointsMayBeListedOneByOne) {
  const std::string tasks = "tasks: [wordnet_kinds]\nseries:\n  - name: a\n";
  Manifest manifest = read(tasks +
                           "    checkpoints:\n"
                           "      - {step: 480, tokens: 1e12, hub: org/a-480k-1T}\n"
                           "      - {step: 50, tokens: 105e9, path: 'runs/a{50}'}\n"
                           "      - {step: 240, tokens: 503e9, hub: org/a, revision: 'at-{step}',\n"
                           "         subfolder: hf}\n");
  const auto& refs = manifest.series[0].checkpoints;
  ASSERT_EQ(refs.size(), 3u);
  EXPECT_EQ(refs[0].step, 50) << "in their order";
  EXPECT_EQ(refs[0].series, "a");
  EXPECT_EQ(refs[0].tokens, 105e9);
  EXPECT_EQ(refs[0].folder, scratch_ / "runs/a{50}");
  EXPECT_EQ(refs[1].hub->name(), "org/a@at-240/hf");
  EXPECT_EQ(refs[2].hub->name(), "org/a-480k-1T@main");
  EXPECT_NE(refs[2].folder.string().find("models--org--a-480k-1T"), std::string::npos);
  EXPECT_FALSE(manifest.series[0].scan);

  const std::string two = "    checkpoints: [{step: 2, path: b}, {step: 3, path: c}]\n";
  manifest = read(tasks + two + "    tokens: {per_step: 10}\n");
  EXPECT_EQ(manifest.series[0].checkpoints[1].tokens, 30);
  manifest = read(tasks + two + "    tokens: [7, 8]\n");
  EXPECT_EQ(manifest.series[0].checkpoints[1].tokens, 8);

  const auto refused = [&](const std::string& rest, const auto&... parts) {
    expect_error([&] { read(tasks + rest); }, "m.yaml:", parts...);
  };
  refused(two, "'series[0].checkpoints[0].tokens' is missing");
  refused(two + "    tokens: 1e9\n    path: x{step}\n", "'path' and 'checkpoints' exclude");
  refused("    checkpoints: [{step: 1, tokens: 1, path: b}, {step: 1, tokens: 2, path: c}]\n",
          "step 1 is listed twice");
  refused("    checkpoints: [{step: -1, tokens: 1, path: b}]\n", "must be 0 or more");
  refused("    checkpoints: [{step: 1, tokens: 1}]\n", "checkpoints[0].path' is missing");
  refused("    checkpoints: [{step: 1, tokens: 1, path: b, hub: o/n}]\n", "exclude each other");
  refused("    checkpoints: [{step: 1, tokens: 1, path: b, revision: x}]\n", "needs a repository");
  refused("    checkpoints: [{step: 1, tokens: 1, path: b, weight: x}]\n", "weight");
  refused("    checkpoints: []\n", "must be a list of");
  refused("    checkpoints: [b]\n", "must be a mapping of keys");
}

TEST_F(ManifestTest, ErrorsNameLineAndKey) {
  expect_refused("tasks: [wordnet_kinds]\n", "", "'tasks' is missing");
  expect_refused("series:", "seires:", "m.yaml:2", "'seires' is unknown", "'series'");
  expect_refused("name: a", "label: a", "m.yaml:3", "series[0].label");
  expect_refused("step{step}", "step", "m.yaml:4", "{step}");
  expect_refused("step{step}", "step{step:x}", "m.yaml:4");
  expect_refused("[10,", "[ten,", "m.yaml:5", "series[0].steps");
  expect_refused("to: 40", "to: 4", "m.yaml:5", "from <= to");
  expect_refused("by: 10", "by: 0", "m.yaml:5");
  expect_refused("{per_step: 1000}", "[1, 2]", "m.yaml:6", "2 entries for 5 checkpoints");
  expect_refused("{per_step: 1000}", "{per_step: -1}", "m.yaml:6", "above 0");
  expect_refused("{per_step: 1000}", "e2ml", "m.yaml:6", "e2ml");
  expect_refused("name: a", "name: a\n    mix: both", "both", "science or web");
  expect_refused("name: a", "name: a\n    hub: tiiuae/dense", "m.yaml:5", "'path' and 'hub'");
  expect_refused("name: a", "name: a\n    control_for: b", "control for 'b'");
  expect_refused("tasks: [wordnet_kinds]", "tasks: [t]\nversion: 2", "m.yaml:2", "version");
  expect_refused("tasks: [wordnet_kinds]", "tasks: [t]\nscoring: {late: {max_tokens: 0}}",
                 "m.yaml:2", "scoring.late");
  expect_error(
      [&] {
        read(std::string(kMinimal) +
             "  - {name: a, path: 'x{step}', steps: 1, "
             "tokens: e2lm}\n");
      },
      "m.yaml:7", "given twice");
  expect_error([&] { Manifest::read(scratch_ / "none.yaml"); }, "none.yaml");
}

}  // namespace
}  // namespace e2lm
