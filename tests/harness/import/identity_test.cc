// Whose results they are: names, patterns, mappings.

#include "harness/import/identity.h"

#include <gtest/gtest.h>

#include "harness/import/step_words.h"
#include "tests/support/expect_error.h"
#include "tests/support/places.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

Identity identify_as(const Path& path, const ImportedOrigin& origin = {},
                     const IdentityOptions& options = {}) {
  return identify({.path = path}, origin, options);
}

IdentityOptions with_pattern(const char* pattern, StepSource from = StepSource::automatic) {
  IdentityOptions options;
  options.pattern = TextPattern::parse(pattern, "--pattern");
  options.step_from = from;
  return options;
}

TEST(StepWordsTest, FindsStepsAsPeopleWriteThem) {
  const auto step = [](const char* text) -> int64_t {
    const auto word = find_step(text);
    return word ? word->step : -1;
  };
  EXPECT_EQ(step("step3000"), 3000);
  EXPECT_EQ(step("iter_0004000"), 4000);
  EXPECT_EQ(step("runs/a/step_12/results.json"), 12);
  EXPECT_EQ(step("checkpoint-500"), 500);
  EXPECT_EQ(step("global_step7"), 7);
  EXPECT_EQ(step("1b-bf16-5shot_step128.json"), 128);
  EXPECT_EQ(step("a_step1/b_step2"), 2) << "the last one";
  EXPECT_EQ(step("footstep12"), -1) << "another word";
  EXPECT_EQ(step("step12abc"), -1);
  EXPECT_EQ(step("step99999999999999999999"), -1);
  EXPECT_EQ(step("main"), -1);
  EXPECT_EQ(step(""), -1);
}

TEST(StepWordsTest, TokensMayFollow) {
  EXPECT_EQ(find_step("stage1-step1000-tokens4B")->tokens, 4e9);
  EXPECT_EQ(find_step("step1000-tokens4.2B")->tokens, 4.2e9);
  EXPECT_EQ(find_step("step1000_tokens=4b.json")->tokens, 4e9);
  EXPECT_EQ(find_step("step1000-tokens500")->tokens, 500);
  EXPECT_EQ(find_step("step1000-tokens4x")->tokens, std::nullopt);
  EXPECT_EQ(find_step("step1000")->tokens, std::nullopt);
  EXPECT_EQ(without_step("base-step80-tokens1.5B"), "base");
  EXPECT_EQ(without_step("base-deep_step80"), "base-deep");
  EXPECT_EQ(without_step("iter_0000080"), "");
  EXPECT_EQ(without_step("model"), "model");
  EXPECT_EQ(scaled_tokens("12M"), 12e6);
  EXPECT_EQ(scaled_tokens("M"), std::nullopt);
  EXPECT_EQ(scaled_tokens("1.5T"), 1.5e12);
  EXPECT_EQ(scaled_tokens("1.B"), std::nullopt);
  EXPECT_EQ(scaled_tokens(".5B"), std::nullopt);
  EXPECT_EQ(scaled_tokens("1.5.5B"), std::nullopt);
}

TEST(TextPatternTest, FieldsStandBetweenWords) {
  const auto pattern = TextPattern::parse("{series}/zero-shot/{}_step{step}.json", "--pattern");
  const auto fields = pattern.match_path("data/pythia-70m/zero-shot/70m-5shot_step128.json");
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->at("series"), "pythia-70m");
  EXPECT_EQ(fields->at("step"), "128");
  EXPECT_FALSE(pattern.match_path("zero-shot/70m_step128.json")) << "no series";
  EXPECT_FALSE(pattern.match_path("a/zero-shot/70m_step128.json.gz")) << "not its end";
  EXPECT_FALSE(pattern.match_path("a/zero-shot/70m_stepx.json"));
}

TEST(TextPatternTest, PartsAndWords) {
  const auto below = TextPattern::parse("{group}/{series}/iter_{step:07}/", "--pattern");
  const auto fields = below.match_path("x/1b/arch2/iter_0004000/deep/er/results.json");
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->at("group"), "1b");
  EXPECT_EQ(fields->at("step"), "0004000");
  const auto nearest = TextPattern::parse("{series}/{}/", "--pattern");
  EXPECT_EQ(nearest.match_path("/home/me/out/base/org__model/results.json")->at("series"), "base");
  const auto words = TextPattern::parse("pretrained={}/{series},revision=step{step}", "p");
  EXPECT_EQ(words.match_words("a=b,pretrained=org/m-1,revision=step3000,c=d")->at("series"), "m-1");
  const auto tokens = TextPattern::parse("{series}-{tokens}", "p");
  EXPECT_EQ(tokens.match_path("a/my-run-20B")->at("tokens"), "20B");
  EXPECT_EQ(tokens.match_path("a/my-run-20B")->at("series"), "my-run");
  EXPECT_EQ(tokens.match_path("a/my-run-2.5b")->at("tokens"), "2.5b");
  EXPECT_EQ(tokens.match_words("my-run-2.5B,c=d")->at("tokens"), "2.5B");
  EXPECT_EQ(tokens.match_words("my-run-20.json")->at("tokens"), "20");
}

TEST(TextPatternTest, WrongPatternsAreErrors) {
  for (const char* text : {"{steps}", "{step", "{step:x}", "{step}/{step}", "results.json", "",
                           "{series:3}", "{tokens:2}"}) {
    expect_error([&] { TextPattern::parse(text, "--pattern"); }, "--pattern");
  }
}

TEST(TextPatternTest, HopelessTextsEndSoon) {
  const auto pattern = TextPattern::parse("{series}a{group}a{tokens}a{step}b", "p");
  EXPECT_FALSE(pattern.match_words(std::string(3000, 'a')));
  EXPECT_FALSE(pattern.match_path(std::string(3000, 'a')));
}

TEST(IdentityTest, FromTheModelAndItsRevision) {
  const Identity found = identify_as("any/results_2026.json",
                                     {.model = "EleutherAI/pythia-1b", .revision = "step1000"});
  EXPECT_EQ(found.series, "pythia-1b");
  EXPECT_EQ(found.step, 1000);
  EXPECT_EQ(found.tokens, std::nullopt);
  EXPECT_EQ(found.group, std::nullopt);
}

TEST(IdentityTest, FromSubfoldersAndCheckpointFolders) {
  const Identity hub =
      identify_as("r.json", {.model = "org/m", .revision = "main", .subfolder = "iter_0004000"});
  EXPECT_EQ(hub.series, "m");
  EXPECT_EQ(hub.step, 4000);
  const Identity local = identify_as("r.json", {.model = "/runs/base-deep/step_80/hf"});
  EXPECT_EQ(local.series, "base-deep");
  EXPECT_EQ(local.step, 80);
  const Identity flat = identify_as("r.json", {.model = "out/base_step80"});
  EXPECT_EQ(flat.series, "base");
}

TEST(IdentityTest, FromThePath) {
  EXPECT_EQ(identify_as("runs/alpha/step_20/results.json").series, "alpha");
  EXPECT_EQ(identify_as("runs/alpha/step_20/results.json").step, 20);
  EXPECT_EQ(identify_as("runs/alpha_step20.json").series, "alpha");
  EXPECT_EQ(identify_as("x/org__beta/results_1.json", {.step = 3}).series, "beta");
  EXPECT_EQ(identify_as("x/tr3d-checkpoints_agg.json", {.step = 3}).series, "tr3d-checkpoints");
  expect_error([&] { identify_as("alpha/results.json"); }, "alpha/results.json", "which step",
               "--pattern");
}

TEST(IdentityTest, OptionsGoFirst) {
  const ImportedOrigin origin = {.series = "file", .step = 5, .tokens = 7};
  IdentityOptions options;
  options.series = "mine";
  options.group = "g";
  options.tokens = StepTokens::parse("100", "", "--tokens");
  const Identity found = identify_as("x.json", origin, options);
  EXPECT_EQ(found.series, "mine");
  EXPECT_EQ(found.step, 5);
  EXPECT_EQ(found.tokens, 500);
  EXPECT_EQ(found.group, "g");
  EXPECT_EQ(identify_as("x.json", origin).tokens, 7);
}

TEST(IdentityTest, PatternsReadPathsOrModelArgs) {
  const ImportedOrigin origin = {.model = "org/pythia-v1.1-70m",
                                 .revision = "step8",
                                 .model_args = "pretrained=org/pythia-v1.1-70m,revision=step8"};
  const Path path = "d/pythia-70m/zero-shot/70m_step16.json";
  const Identity of_path =
      identify_as(path, origin, with_pattern("{series}/zero-shot/{}_step{step}.json"));
  EXPECT_EQ(of_path.series, "pythia-70m");
  EXPECT_EQ(of_path.step, 16);
  const Identity of_both =
      identify_as(path, origin, with_pattern("{series}/zero-shot/{}.json", StepSource::revision));
  EXPECT_EQ(of_both.series, "pythia-70m") << "a pattern without a step is the path's";
  EXPECT_EQ(of_both.step, 8);
  const Identity of_args = identify_as(
      path, origin, with_pattern("{series},revision=step{step}", StepSource::model_args));
  EXPECT_EQ(of_args.series, "pythia-v1.1-70m");
  EXPECT_EQ(of_args.step, 8);
  IdentityOptions only_source;
  only_source.step_from = StepSource::path;
  EXPECT_EQ(identify_as(path, origin, only_source).step, 16);
  expect_error([&] { identify_as(path, origin, with_pattern("{series}/five-shot/{}.json")); },
               "does not fit");
}

TEST(IdentityTest, TheCompetitionsSeriesAreKnown) {
  const Identity found = identify_as("r.json", {.series = "dense-500m-arch1", .step = 56000});
  EXPECT_EQ(found.group, "500m");
  EXPECT_NEAR(*found.tokens, 205.992e9, 1e6);
  EXPECT_EQ(e2lm_group("dense-3b-arch2"), "3b");
  EXPECT_EQ(e2lm_group("dense-7b-arch2"), std::nullopt);
  EXPECT_EQ(e2lm_group("dense-1b-arch"), std::nullopt);
}

class ImportMapTest : public testing::Test {
 protected:
  IdentityOptions map(const char* name, const std::string& text) const {
    IdentityOptions options;
    options.map = ImportMap::read(scratch_.write(name, text));
    return options;
  }
  Scratch scratch_;
};

TEST_F(ImportMapTest, TheFirstEntryThatSaysAThingCounts) {
  scratch_.write("table.csv", "10,111\n");
  const IdentityOptions options =
      map("map.yaml",
          "series:\n"
          "  - {path: '*/special/*', series: other, step: 3, tokens: 42}\n"
          "  - {model: 'm-*', series: renamed, tokens: table.csv}\n"
          "  - {name: renamed, group: small, mix: web, control_for: s}\n"
          "  - {group: rest}\n"
          "chance: {'mmlu*': 0.25}\n");
  const Identity special = identify_as("a/special/x.json", {}, options);
  EXPECT_EQ(special.series, "other");
  EXPECT_EQ(special.step, 3);
  EXPECT_EQ(special.tokens, 42);
  EXPECT_EQ(special.group, "rest");
  const Identity renamed = identify_as("x.json", {.step = 10, .model = "org/m-1"}, options);
  EXPECT_EQ(renamed.series, "renamed");
  EXPECT_EQ(renamed.tokens, 111);
  EXPECT_EQ(renamed.group, "small");
  EXPECT_EQ(renamed.mix, Mix::web);
  EXPECT_EQ(renamed.control_for, "s");
  expect_error([&] { identify_as("x.json", {.step = 11, .model = "m-1"}, options); }, "table.csv",
               "no row for step 11");
  EXPECT_EQ(options.map->chance[0].second, 0.25);
}

TEST_F(ImportMapTest, AsATable) {
  const IdentityOptions options =
      map("map.csv",
          "path,series,step,tokens,group,tokens_per_step\na.json,s,5,1e9,g,\n"
          "b_*.json,t,,,,100\n");
  EXPECT_EQ(identify_as("x/a.json", {}, options).tokens, 1e9);
  EXPECT_EQ(identify_as("x/b_step7.json", {}, options).series, "t");
  EXPECT_EQ(identify_as("x/b_step7.json", {}, options).tokens, 700);
}

TEST_F(ImportMapTest, WrongMappingsAreErrors) {
  const auto refused = [&](const char* name, const std::string& text, const char* what) {
    expect_error([&] { map(name, text); }, name, what);
  };
  refused("m.yaml", "serieses: []\n", "'serieses' is unknown");
  refused("m.yaml", "series:\n  - {serie: a}\n", "m.yaml:2: the key 'serie' is unknown");
  refused("m.yaml", "series: 5\n", "must be a list");
  refused("m.yaml", "series:\n  - {mix: dark}\n", "'dark' is no mix");
  refused("m.yaml", "series:\n  - {pattern: '{x}'}\n", "there is no field '{x}'");
  refused("m.yaml", "series:\n  - {tokens: nowhere.csv}\n", "is no file");
  refused("m.yaml", "series:\n  - {tokens: {per_step: 0}}\n", "above 0");
  refused("m.yaml", "chance: {a: high}\n", "must be a number");
  refused("m.yaml", "series: [\n", "not valid YAML");
  refused("m.csv", "path,step\na,x\n", "step: 'x' is no number");
  refused("m.csv", "path,steps\na,1\n", "'steps' is unknown");
  refused("m.csv", "path,step\na\n", "has 1 columns");
}

TEST_F(ImportMapTest, TheExampleLoads) {
  const ImportMap example = ImportMap::read(source_dir() / "docs/import-map.yaml");
  EXPECT_GE(example.entries.size(), 4u);
}

}  // namespace
}  // namespace e2lm
