// Samples files come back as the documents and answers they were made of: ours exactly,
// lm-evaluation-harness's as far as they say.

#include "harness/lm_eval/sample_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <map>
#include <tuple>

#include "base/error.h"
#include "harness/lm_eval/results.h"
#include "harness/run.h"
#include "scoring/metrics/metric.h"
#include "scoring/metrics/statistic.h"
#include "tests/support/expect_error.h"
#include "tests/support/fake_model.h"
#include "tests/support/golden_run_files.h"
#include "tests/support/places.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

using lm_eval::SampleFile;

const Path kSuite = source_dir() / "tests/golden/prompts";
constexpr const char* kTime = "2026-01-31T12-00-00.000000";

Path write_lines(const Path& folder, const std::string& task, const std::vector<Json>& lines) {
  const Path path = folder / ("samples_" + task + "_" + kTime + ".jsonl");
  std::string text;
  for (const Json& line : lines) text += line.dump() + "\n";
  write_file(path, text);
  return path;
}

// The metrics' values that a task reports, from its samples read back.
void expect_as_recorded(const SampleFile& file, const TaskOutcome& task, const std::string& what) {
  const std::vector<Item> items = file.items();
  for (const TaskMetric& metric : metrics_of(*task.task)) {
    if (metric.metric->kind != ValueKind::number) continue;
    const std::string name(metric.metric->name);
    if (!file.tokens && name == "acc_token") continue;
    if (!file.lengths && name == "acc_norm") continue;
    const std::vector<double> values = numbers_of(item_values(*metric.metric, items));
    for (size_t i = 0; i < values.size(); ++i) {
      EXPECT_DOUBLE_EQ(values[i], file.samples[i].recorded.at(name)) << what << " " << name;
    }
  }
}

class SampleReader : public ::testing::Test {
 protected:
  // What the runs of the golden suite make, by the model that answered them.
  static void for_each_task(
      const std::function<void(const TaskOutcome&, const std::string&)>& use) {
    const InFolder here(kSuite);
    const TaskLibrary library({kSuite / "tasks"});
    for (const Path& path : golden_results(kSuite)) {
      const Json run = parse_json(read_file(path), path.string());
      if (run.contains("error")) continue;
      RunOptions options{.requests = golden_options(run["args"], "")};
      options.bootstrap.draws = 0;
      const TaskSelection selection =
          library.select(run["args"]["tasks"].get<std::vector<std::string>>());
      const RunOutcome outcome = run_tasks(selection, options, [](const TaskRequests& task) {
        std::vector<RequestScore> scores;
        for (const Request& request : task.requests) scores.push_back(fake_score(request));
        return ScoredRequests{std::move(scores)};
      });
      for (const TaskOutcome& task : outcome.tasks) {
        use(task, path.stem().stem().string() + " " + task.task->name);
      }
    }
  }

  const Scratch folder_;
};

TEST_F(SampleReader, OurFilesComeBackExactly) {
  int tasks = 0;
  for_each_task([&](const TaskOutcome& task, const std::string& what) {
    const std::vector<Json> lines = lm_eval::sample_lines(task);
    const SampleFile file =
        lm_eval::read_samples(write_lines(folder_.folder(), task.task->name, lines));
    ASSERT_EQ(std::ssize(file.samples), std::ssize(task.requests.items)) << what;
    EXPECT_EQ(file.task, task.task->name);
    const std::vector<Item> before = items_of(task.requests.items, task.scores);
    const std::vector<Item> after = file.items();
    for (size_t i = 0; i < before.size(); ++i) {
      ASSERT_EQ(before[i].gold, after[i].gold) << what;
      ASSERT_EQ(before[i].type, after[i].type) << what;
      ASSERT_EQ(before[i].choices.size(), after[i].choices.size()) << what;
      for (size_t c = 0; c < before[i].choices.size(); ++c) {
        const Choice &a = before[i].choices[c], &b = after[i].choices[c];
        EXPECT_EQ(a.logprob_nats, b.logprob_nats) << what;
        EXPECT_EQ(a.unconditional_nats, b.unconditional_nats) << what;
        EXPECT_EQ(std::tie(a.tokens, a.characters, a.bytes, a.words),
                  std::tie(b.tokens, b.characters, b.bytes, b.words))
            << what;
        const bool rolling = before[i].type == OutputType::loglikelihood_rolling;
        EXPECT_TRUE(rolling || a.greedy == b.greedy) << what;  // which the layout leaves out
      }
    }
    ++tasks;
  });
  EXPECT_GT(tasks, 164);
}

TEST_F(SampleReader, FilesOfTheOriginalGiveTheMetricsTheyRecord) {
  int tasks = 0, refused = 0;
  for_each_task([&](const TaskOutcome& task, const std::string& what) {
    std::vector<Json> lines = lm_eval::sample_lines(task);
    for (Json& line : lines) line.erase("e2lm");
    // As the original, the results file beside says what stands between prompt and answer.
    const Json results = {
        {"configs", {{task.task->name, {{"target_delimiter", task.task->target_delimiter}}}}}};
    write_file(folder_.folder() / (std::string("results_") + kTime + ".json"), results.dump());
    const Path path = write_lines(folder_.folder(), task.task->name, lines);
    try {
      expect_as_recorded(lm_eval::read_samples(path), task, what);
      ++tasks;
    } catch (const Error& error) {  // of several inputs only the recorded acc tells the gold
      EXPECT_THAT(error.what(), ::testing::HasSubstr("which input is right")) << what;
      ++refused;
    }
  });
  EXPECT_GT(tasks, 150);
  EXPECT_LT(refused, 10);
}

Json sample(int64_t id, const std::string& target) {
  return {{"doc_id", id},
          {"target", target},
          {"arguments",
           {{"gen_args_0", {{"arg_0", "Q:"}, {"arg_1", " red"}}},
            {"gen_args_1", {{"arg_0", "Q:"}, {"arg_1", " blue"}}}}},
          {"filtered_resps", parse_json(R"([["-2.5", "False"], ["-1.5", "True"]])", "test")},
          {"filter", "none"},
          {"acc", target == "1" || target == "blue" ? 1.0 : 0.0}};
}

// jq -S and pandas do: "gen_args_10" comes before "gen_args_2".
TEST_F(SampleReader, KeysMayBeSorted) {
  SortedJson arguments = SortedJson::object();
  Json responses = Json::array();
  for (int i = 0; i < 12; ++i) {
    arguments["gen_args_" + std::to_string(i)] = {{"arg_0", "Q:"},
                                                  {"arg_1", " " + std::string(i + 1, 'x')}};
    responses.push_back({std::to_string(-20.0 + i), "False"});
  }
  Json line = {{"doc_id", 0}, {"target", "11"}, {"filtered_resps", responses}, {"acc", 1.0}};
  line["arguments"] = Json::parse(arguments.dump());
  const SampleFile file = lm_eval::read_samples(write_lines(folder_.folder(), "t", {line}));
  for (int i = 0; i < 12; ++i) EXPECT_EQ(file.items()[0].choices[i].characters, i + 1);
}

// One document: "a" and "bbb", of which the first is right, after a delimiter. For each character
// the second is the better one, and the first as soon as a character more counts.
Json delimited(const std::string& delimiter, double acc_norm) {
  return {{"doc_id", 0},
          {"target", "0"},
          {"arguments",
           {{"gen_args_0", {{"arg_0", "Q:"}, {"arg_1", delimiter + "a"}}},
            {"gen_args_1", {{"arg_0", "Q:"}, {"arg_1", delimiter + "bbb"}}}}},
          {"filtered_resps", parse_json(R"([["-1.0", "False"], ["-2.5", "False"]])", "test")},
          {"acc", 1.0},
          {"acc_norm", acc_norm}};
}

TEST_F(SampleReader, WithoutResultsBesideTheRecordedMetricsTellTheDelimiter) {
  const auto characters = [&](const Json& line) {
    const SampleFile file = lm_eval::read_samples(write_lines(folder_.folder(), "t", {line}));
    return file.items()[0].choices[0].characters;
  };
  EXPECT_EQ(characters(delimited(" ", 0)), 1);   // a space it was
  EXPECT_EQ(characters(delimited(" ", 1)), 2);   // none: the choices begin with one
  EXPECT_EQ(characters(delimited("\n", 1)), 2);  // no line's end either
  EXPECT_EQ(characters(delimited("\n", 0)), 1);
  EXPECT_EQ(characters(delimited(" \n", 0)), 1);
}

TEST_F(SampleReader, ResultsBesideMayBePacked) {
  const Path path = folder_.folder() / (std::string("results_") + kTime + ".json.gz");
  gzFile_s* results = ::gzopen(path.c_str(), "wb");
  ::gzputs(results, R"({"configs": {"t": {"target_delimiter": ""}}})");
  ::gzclose(results);
  Json line = delimited(" ", 0);
  line.erase("acc_norm");
  const SampleFile file = lm_eval::read_samples(write_lines(folder_.folder(), "t", {line}));
  EXPECT_EQ(file.items()[0].choices[0].characters, 2);
}

TEST_F(SampleReader, OldLayoutWithListsAndNumbers) {
  Json line = sample(7, "blue");
  line["arguments"] = parse_json(R"([["Q:", " red"], ["Q:", " blue"]])", "test");
  line.erase("filtered_resps");
  line["resps"] = parse_json("[[[-2.5, false]], [[-1.5, true]]]", "test");
  const SampleFile file = lm_eval::read_samples(write_lines(folder_.folder(), "old", {line}));
  const Item item = file.items().front();
  EXPECT_EQ(file.samples[0].doc_id, 7);
  EXPECT_EQ(item.gold, std::vector<int32_t>{1});
  EXPECT_EQ(item.choices[1].logprob_nats, -1.5);
  EXPECT_TRUE(item.choices[1].greedy);
  EXPECT_FALSE(item.choices[0].greedy);
  EXPECT_EQ(item.choices[1].characters, 4);  // without the space
}

TEST_F(SampleReader, DigitsAsChoicesAreTakenAsTheAccuracySays) {
  Json line = sample(0, "1");  // the choice "1" is the first, choice 1 the second
  line["arguments"] = parse_json(R"([["Q:", " 1"], ["Q:", " 2"]])", "test");
  EXPECT_EQ(lm_eval::read_samples(write_lines(folder_.folder(), "n", {line})).items()[0].gold[0],
            1);
  line["acc"] = 0.0;
  EXPECT_EQ(lm_eval::read_samples(write_lines(folder_.folder(), "t", {line})).items()[0].gold[0],
            0);
}

TEST_F(SampleReader, OneFilterOfSeveral) {
  Json other = sample(0, "0");
  other["filter"] = "strict";
  const Path path = write_lines(folder_.folder(), "two", {sample(0, "1"), other});
  EXPECT_EQ(lm_eval::read_samples(path).filter, "none");
  EXPECT_EQ(lm_eval::read_samples(path, "strict").items()[0].gold[0], 0);
  EXPECT_THROW(lm_eval::read_samples(path, "loose"), Error);
}

TEST_F(SampleReader, DamagedLinesAreSentences) {
  const auto refused = [&](const std::string& key, const Json& value, const std::string& part) {
    Json line = sample(1, "1");
    line[key] = value;
    if (value.is_null()) line.erase(key);
    const Path path = write_lines(folder_.folder(), "bad", {sample(0, "1"), line});
    expect_error([&] { lm_eval::read_samples(path); }, ":2", part);
  };
  refused("doc_id", "x", "'doc_id' is \"x\"");
  refused("doc_id", 0, "document 0 comes a second time");
  refused("target", nullptr, "lacks 'target'");
  refused("target", "green", "one of the 2 choices, by number from 0");
  refused("arguments", 3, "'arguments' is 3");
  refused("arguments", Json::array({Json::array({"a", "b", "c"})}), "'arguments' is");
  refused("arguments", Json::array(), "has 0 requests and 2 responses");
  refused("filtered_resps", "x", "'filtered_resps' is \"x\"");
  const auto answers = [](const char* nats, const char* greedy) {
    return Json::array({Json::array({nats, greedy}), Json::array({"-1", "True"})});
  };
  refused("filtered_resps", answers("x", "True"), "a response is \"x\"");
  refused("filtered_resps", answers("", "True"), "a response is \"\"");
  refused("filtered_resps", answers("-1", "maybe"), "a response is");
}

TEST_F(SampleReader, DamagedFilesAreSentences) {
  const auto refused = [&](const std::string& content, const std::string& part) {
    const Path path = folder_.write("s.jsonl", content);
    expect_error([&] { lm_eval::read_samples(path); }, "s.jsonl", part);
  };
  refused("", "has no samples");
  refused("[1, 2]\n", ":1: is no object");
  refused(sample(0, "1").dump() + "\n{\"doc_id\": 1, ", "s.jsonl:2");
  const std::vector<std::pair<std::string, Json>> wrong = {
      {"type", 4},
      {"gold", Json::array({2})},
      {"gold", Json::array()},
      {"choices", Json::array({Json::array({1, 2})})},
      {"choices", Json::array({Json::array({1}), Json::array({2})})},
      {"tokens", Json::array({1})},
      {"tokens", Json::array({-1, 1})}};
  for (const auto& [key, value] : wrong) {
    Json line = sample(0, "1");
    line["e2lm"] = parse_json(R"({"type": "multiple_choice", "gold": [1], "several_gold": false,
      "unconditional": false, "choices": [[3, 3], [4, 4]], "tokens": [1, 1]})",
                              "test");
    line["e2lm"][key] = value;
    refused(line.dump() + "\n", "'e2lm'");
  }
}

}  // namespace
}  // namespace e2lm
