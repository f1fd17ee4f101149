// Log-likelihoods of lines of requests.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "tests/support/golden_model.h"
#include "tests/support/json_lines.h"
#include "tests/support/places.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

using testing::HasSubstr;

TEST(LogprobsCommandTest, AnswersInInputOrder) {
  const GoldenModel golden = GoldenModel::read("falcon_h1_plain");
  std::string input;
  for (size_t i = 0; i < golden.cases.size(); ++i) {
    const TokenRequest& request = golden.cases[i].request;
    const auto split_at = request.ids.begin() + request.first_scored;
    const Json line = {{"id", "case " + std::to_string(i)},
                       {"context_ids", std::vector<int32_t>(request.ids.begin(), split_at)},
                       {"continuation_ids", std::vector<int32_t>(split_at, request.ids.end())}};
    input += line.dump() + "\n";
  }
  const Scratch scratch;
  const Path requests = scratch.write("in.jsonl", input);
  const ProgramResult result =
      run_program({.arguments = {"logprobs", "--model", golden.folder, "--requests", requests,
                                 "--per-token", "--dtype", "float32", "--device", "cpu"}});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const std::regex times(
      "Time: [0-9.]+ s loading, [0-9.]+ s reading requests, [0-9.]+ s scoring [0-9]+ distinct");
  EXPECT_TRUE(std::regex_search(result.errors, times)) << result.errors;
  const std::vector<Json> lines = json_lines(result.output);
  ASSERT_EQ(lines.size(), golden.cases.size());
  for (size_t i = 0; i < lines.size(); ++i) {
    const TokenScores& expected = golden.cases[i].expected;
    EXPECT_EQ(lines[i]["id"], "case " + std::to_string(i));
    EXPECT_EQ(lines[i]["tokens"], expected.logprobs_nats.size());
    EXPECT_NEAR(lines[i]["logprob"], expected.total_nats(),
                2e-4 * static_cast<double>(expected.logprobs_nats.size()));
    EXPECT_EQ(lines[i]["greedy"], expected.greedy_tokens() == std::ssize(expected.greedy));
    EXPECT_EQ(lines[i]["token_logprobs"].size(), expected.logprobs_nats.size());
  }
  const Path output = scratch / "out.jsonl";
  const ProgramResult to_file = run_program(
      {.arguments = {"logprobs", "--model", golden.folder, "--requests", requests, "--per-token",
                     "--dtype", "float32", "--device", "cpu", "--output", output}});
  EXPECT_EQ(to_file.exit_code, 0);
  EXPECT_EQ(read_file(output), result.output);
}

TEST(LogprobsCommandTest, WhatLacksAPartOfAModelIsNamed) {
  const Scratch scratch;
  const Path requests = scratch.write("in.jsonl", R"({"context": "a", "continuation": " b"})"
                                                  "\n");
  const Path model = source_dir() / "series/small-deep/iter_0000040";
  const auto errors = [&](const Path& given) {
    const ProgramResult result =
        run_program({.arguments = {"logprobs", "--model", given, "--requests", requests}});
    EXPECT_EQ(result.exit_code, 2);
    return result.errors;
  };
  EXPECT_THAT(errors(model / "model.safetensors"),
              HasSubstr("no such folder (expected a model folder"));
  EXPECT_THAT(errors(model), HasSubstr("iter_0000040: has no tokenizer.json (expected one there"));
}

TEST(LogprobsCommandTest, TakesTexts) {
  const Path source = source_dir();
  const Scratch scratch;
  std::string requests;
  for (const char* kind : {" fish", " bird", " tree"}) {
    requests += Json({{"context", "Question: What kind of thing is a salmon?\nAnswer:"},
                      {"continuation", kind}})
                    .dump() +
                "\n";
  }
  const ProgramResult result =
      run_program({.arguments = {"logprobs", "--model", source / "series/base-wide/iter_0003200",
                                 "--tokenizer", source / "series/tokenizer", "--requests",
                                 scratch.write("in.jsonl", requests)}});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const std::vector<Json> lines = json_lines(result.output);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_FALSE(lines[0].contains("id"));
  for (const int other : {1, 2}) {
    EXPECT_GT(lines[0]["logprob"].get<double>(), lines[other]["logprob"].get<double>() + 2)
        << "it has read that a salmon is a fish";
  }
}

TEST(LogprobsCommandTest, NamesTheLineThatIsWrong) {
  const Path source = source_dir();
  const Scratch scratch;
  const std::string good = R"({"context": "abc", "continuation": " d"})";
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "1, ";
  for (const auto& [bad, what] :
       {std::pair<std::string, const char*>(R"({"context": "abc", "continuation": ""})",
                                            ":2: continuation: is empty"),
        {R"({"context_ids": [1], "continuation_ids": [50000]})", ":2: the token id 50000"},
        {R"({"context_ids": [1, -1, 2], "continuation_ids": [3]})", ":2: context_ids holds -1 ("},
        {R"({"context_ids": [1], "continuation_ids": 3})", ":2: continuation_ids is 3 ("},
        {R"({"context_ids": [1], "continuation_ids": [)" + many + "1]}", ":2: is 5002 tokens"},
        {R"({"context": "abc"})", ":2: lacks a request"}}) {
    const Path requests = scratch.write("in.jsonl", good + "\n" + bad + "\n");
    const ProgramResult result = run_program(
        {.arguments = {"logprobs", "--model", source / "series/base-wide/iter_0003200",
                       "--tokenizer", source / "series/tokenizer", "--requests", requests}});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.errors, HasSubstr(requests.string() + what));
  }
}

}  // namespace
}  // namespace e2lm
