// `run`, its files and what it refuses.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "tests/support/long_texts.h"
#include "tests/support/program.h"
#include "tests/support/run_folder.h"

namespace e2lm {
namespace {

using testing::HasSubstr;
using testing::Not;

class RunCommandTest : public testing::Test {
 protected:
  ProgramCall call(const std::string& model_args, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {
        "run",
        "--model_args",
        "pretrained=" + folder_.checkpoint(80).string() +
            ",tokenizer=" + (folder_.scratch / "tokenizer").string() + model_args,
        "--tasks",
        folder_.scratch / "tasks/colours.yaml",
        "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return {.arguments = std::move(arguments)};
  }
  ProgramResult run(const std::string& model_args, std::vector<std::string> more = {}) const {
    return run_program(call(model_args, more));
  }

  // The first answer's log-likelihood, as text.
  std::string first_answer(const std::string& model_args) const {
    const Path output = folder_.scratch / "out";
    std::filesystem::remove_all(output);
    const ProgramResult result = run(model_args, {"--output_path", output, "--log_samples"});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    for (const Path& file : list_folder(list_folder(output).front())) {
      if (file.extension() != ".jsonl") continue;
      const std::string text = read_file(file);
      return parse_json(text.substr(0, text.find('\n')), "sample")["filtered_resps"].dump();
    }
    return "";
  }

  RunFolder folder_;
};

TEST_F(RunCommandTest, SamplesBeyondTheTaskAreRefused) {
  const ProgramResult result = run("", {"--samples", "{\"colours\": [0, 3]}"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(
      result.errors,
      HasSubstr("task colours: has no document 3 to sample (expected numbers from 0 to 2)"));
  EXPECT_EQ(run("", {"--samples", "{\"colours\": [-1]}"}).exit_code, 2);
}

// All documents would be scored in place of those few.
TEST_F(RunCommandTest, SamplesOfOtherTasksAndOfNoneAreRefused) {
  const ProgramResult other = run("", {"--samples", "{\"colour\": [0]}"});
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.errors,
              HasSubstr("--samples: 'colour' is no task of this run (expected colours)"));
  const ProgramResult none = run("", {"--samples", "{\"colours\": []}"});
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.errors, HasSubstr("--samples: colours has an empty list"));
}

// This tokenizer has no template.
TEST_F(RunCommandTest, BosIsAddedWithoutATemplate) {
  const std::string plain = first_answer("");
  const std::string with_bos = first_answer(",add_bos_token=TRUE");
  EXPECT_NE(with_bos, plain);
  EXPECT_EQ(first_answer(",add_bos_token=false"), plain);
  std::filesystem::remove(folder_.scratch / "tokenizer/tokenizer_config.json");
  EXPECT_NE(first_answer(",add_bos_token=True"), plain) << "special_tokens_map.json names BOS, too";
  std::filesystem::remove(folder_.scratch / "tokenizer/special_tokens_map.json");
  const ProgramResult none = run(",add_bos_token=True");
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.errors, HasSubstr("has no BOS for add_bos_token=True"));
}

TEST_F(RunCommandTest, AddBosTokenIsTrueOrFalse) {
  for (const std::string word : {"yes", "", "Truee", "None"}) {
    const ProgramResult result = run(",add_bos_token=" + word);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.errors, HasSubstr("add_bos_token is '" + word + "' (expected True or"));
  }
}

TEST_F(RunCommandTest, ScoresThatAreNoNumbersAreSaid) {
  EXPECT_THAT(run("").errors, Not(HasSubstr("finite")));
  spoil_embedding(folder_.checkpoint(80), 3);  // and the head, which is tied
  const ProgramResult result = run("");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.errors, HasSubstr("have log-likelihoods that are no finite numbers"));
}

TEST_F(RunCommandTest, NoTasksAreRefused) {
  for (const std::string tasks : {"", " , "}) {
    const ProgramResult result =
        run_program({.arguments = {"run", "--model_args", "pretrained=x", "--tasks", tasks}});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.errors, HasSubstr("--tasks: names nothing"));
  }
}

TEST_F(RunCommandTest, TheFewShotSeedIsTheFourth) {
  const auto seed = [&](const std::string& given) {
    const Path output = folder_.scratch / ("seed " + given + ".json");
    const ProgramResult result = run("", {"--seed", given, "--output_path", output});
    if (result.exit_code != 0) return result.errors;
    for (const Path& file : list_folder(folder_.scratch.folder())) {
      if (!file.filename().string().starts_with("seed " + given)) continue;
      return parse_json(read_file(file), given)["config"]["fewshot_seed"].dump();
    }
    return std::string();
  };
  EXPECT_EQ(seed("5"), "5");
  EXPECT_EQ(seed("1,2,3"), "1234");
  EXPECT_EQ(seed("1, 2, 3, 4"), "4");
  EXPECT_THAT(seed("1,2"), HasSubstr("--seed: '1,2' is no seed"));
}

TEST_F(RunCommandTest, SamplesMayStandInAFile) {
  const Path file = folder_.scratch.write("samples.json", "{\"colours\": [2]}");
  const ProgramResult result = run("", {"--samples", file, "--write_out"});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr("colours, document 2"));
}

TEST_F(RunCommandTest, ModelArgumentsMayHaveBlanksBetweenThem) {
  const ProgramResult result = run("", {"dtype=float32", "max_length=64"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr(",dtype=float32,max_length=64), num_fewshot:"));
  EXPECT_THAT(run("", {"dtype=float7"}).errors, HasSubstr("dtype 'float7' is not supported"));
}

TEST_F(RunCommandTest, TwoKindsOfArithmeticAreRefused) {
  const ProgramResult result = run(",dtype=bfloat16", {"--dtype", "float32"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, HasSubstr("--dtype: and dtype in --model_args exclude each other"));
}

// Scores of the two differ in the second place.
TEST_F(RunCommandTest, ResultsSayTheArithmeticTheyCameFrom) {
  const auto config = [&](const std::string& dtype) {
    const Path output = folder_.scratch / dtype;
    EXPECT_EQ(run(",dtype=" + dtype, {"--output_path", output}).exit_code, 0);
    const Path file = list_folder(list_folder(output).front()).front();
    return parse_json(read_file(file), "results")["config"];
  };
  EXPECT_EQ(config("float32")["model_dtype"], "float32");
  EXPECT_EQ(config("bfloat16")["model_dtype"], "bfloat16");
  EXPECT_THAT(config("auto")["model_dtype"], testing::AnyOf("float32", "bfloat16"));
  EXPECT_THAT(config("auto")["device"], testing::AnyOf("cpu", "cuda"));
}

// It was cut or not, but never an error.
TEST_F(RunCommandTest, ARequestMayNotBeLongerThanMaxLength) {
  EXPECT_EQ(run(",max_length=8").exit_code, 0);
  const ProgramResult result = run(",max_length=8", {"--too_long", "error"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, HasSubstr("at most the model's 8 positions"));
  EXPECT_EQ(run(",max_length=64", {"--too_long", "error"}).exit_code, 0);
}

TEST_F(RunCommandTest, SpeaksAsLmEvaluationHarness) {
  const Path output = folder_.scratch / "out";
  const ProgramResult result = run("", {"--num_fewshot", "1", "--seed", "0,1234,1234,7",
                                        "--output_path", output, "--log_samples"});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("|Tasks  |Version|Filter|n-shot|Metric|"));
  EXPECT_THAT(result.output, HasSubstr("|colours|"));
  std::vector<Path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(output)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  ASSERT_EQ(files.size(), 2u);
  const Json results = parse_json(read_file(files[0]), "results");
  EXPECT_EQ(results["config"]["fewshot_seed"], 7);
  EXPECT_EQ(results["max_length"], 512) << "the model's own";
  EXPECT_EQ(results["n-shot"]["colours"], 1);
  EXPECT_TRUE(results["results"]["colours"].contains("acc_stderr,none"));
  EXPECT_EQ(results["task_hashes"]["colours"].get<std::string>().size(), 64u);
  int64_t right = 0, samples = 0;
  for_each_json_line(files[1], [&](int64_t, const Json& sample) {
    ++samples;
    right += sample["acc"] == 1.0;
    EXPECT_EQ(sample["arguments"]["gen_args_0"]["arg_1"],
              sample["doc"]["choices"][0].is_null()
                  ? Json()
                  : Json(" " + sample["doc"]["choices"][0].get<std::string>()));
  });
  EXPECT_EQ(results["results"]["colours"]["acc,none"].get<double>(),
            static_cast<double>(right) / static_cast<double>(samples));
}

TEST_F(RunCommandTest, TakesItsFlagsFromAFileToo) {
  const Path config = folder_.scratch.write(
      "run.yaml", "model_args: {pretrained: " + folder_.checkpoint(80).string() +
                      ", tokenizer: " + (folder_.scratch / "tokenizer").string() + "}\ntasks: [" +
                      (folder_.scratch / "tasks/colours.yaml").string() +
                      "]\nnum_fewshot: 1\nlimit: 3\nquiet: true\nwrite_out: true\n"
                      "metadata: {run: 7}\nwandb_args: {}\nsystem_instruction: ''\noutput_path: " +
                      (folder_.scratch / "out").string() + "\nlog_samples: false\n");
  const ProgramResult result =
      run_program({.arguments = {"run", "--config", config, "--num_fewshot", "2"}});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("num_fewshot: 2, limit: 3"));
  EXPECT_THAT(result.errors, HasSubstr("----- colours, document 0: prompt"));
  const Path files = list_folder(folder_.scratch / "out").front();
  ASSERT_EQ(list_folder(files).size(), 1u) << "no samples";
  const Json results = parse_json(read_file(list_folder(files).front()), "results");
  EXPECT_EQ(results["config"]["metadata"]["run"], 7);
  EXPECT_EQ(results["config"]["token_rules"]["joining"], "joint");
  EXPECT_EQ(results["configs"]["colours"]["num_fewshot"], 2);
  EXPECT_EQ(results["configs"]["colours"]["target_delimiter"], " ");

  folder_.scratch.write("run.yaml", "tasks: [x]\nnum_fewshots: 3\n");
  const ProgramResult wrong = run_program({.arguments = {"run", "--config", config}});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.errors, HasSubstr("--num_fewshot"));
  folder_.scratch.write("run.yaml", "tasks: [[x]]\n");
  EXPECT_THAT(run_program({.arguments = {"run", "--config", config}}).errors,
              HasSubstr("run.yaml:1: 'tasks' holds no plain value"));
}

// As of lm-evaluation-harness's: whoever appends to a command line means what is appended.
TEST_F(RunCommandTest, OfAnOptionGivenTwiceTheLastCounts) {
  const Path config = folder_.scratch.write("run.yaml", "limit: 3\n");
  for (const std::vector<std::string>& file : {{}, std::vector<std::string>{"--config", config}}) {
    std::vector<std::string> words = {"--limit", "1", "--limit=2"};
    words.insert(words.end(), file.begin(), file.end());
    const ProgramResult result = run("", words);
    ASSERT_EQ(result.exit_code, 0) << result.errors;
    EXPECT_THAT(result.output, HasSubstr("limit: 2\n"));
  }
}

TEST_F(RunCommandTest, AFolderThatCannotBeWrittenEndsItBeforeTheComputation) {
  const Path file = folder_.scratch.write("file", "");
  const ProgramResult result = run("", {"--output_path", file / "out"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, HasSubstr("cannot make the folder"));
  EXPECT_EQ(result.output, "") << "computed for nothing";
}

// A full disk under the terminal's log, or a pager that was left.
TEST_F(RunCommandTest, ResultsAreWrittenWhereTheTableCannotBePrinted) {
  const auto results_after = [&](const Path& output, auto change) {
    ProgramCall broken = call("", {"--output_path", output / "x.json"});
    change(broken);
    EXPECT_NE(run_program(broken).exit_code, 0);
    const std::vector<Path> files = list_folder(output);
    return files.empty() ? Json() : parse_json(read_file(files[0]), "results")["results"];
  };
  const Json full = results_after(folder_.scratch / "full",
                                  [](ProgramCall& call) { call.standard_output = "/dev/full"; });
  EXPECT_TRUE(full.contains("colours")) << full.dump();
  const Json unread = results_after(folder_.scratch / "unread",
                                    [](ProgramCall& call) { call.output_unread = true; });
  EXPECT_TRUE(unread.contains("colours")) << unread.dump();
}

// As people and scripts have them for 0.4.13.
TEST_F(RunCommandTest, ShortAndIdleFlagsAreThoseOfTheOriginal) {
  const std::string model = "pretrained=" + folder_.checkpoint(80).string() +
                            ",tokenizer=" + (folder_.scratch / "tokenizer").string();
  const ProgramResult result = run_program(
      {.arguments = {"run", "-M", "hf", "-a", model, "-t", folder_.scratch / "tasks/colours.yaml",
                     "-E", "{\"colours\": [1]}", "-v", "INFO", "-b", "auto", "-q",
                     "--confirm_run_unsafe_code", "--check_integrity"}});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(run("", {"--wandb_config_args", "job=x"}).errors,
              HasSubstr("nothing is sent anywhere"));
}

TEST_F(RunCommandTest, RefusesWhatItDoesNotKnow) {
  const auto refused = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "run");
    const ProgramResult result = run_program({.arguments = std::move(arguments)});
    EXPECT_EQ(result.exit_code, 2);
    return result.errors;
  };
  EXPECT_THAT(refused({"--tasks", "x"}), HasSubstr("--model_args: is missing"));
  EXPECT_THAT(refused({"--model_args", "pretrained"}), HasSubstr("is no key=value"));
  EXPECT_THAT(refused({"--model_args", "pretraind=x"}), HasSubstr("pretrained"));
  EXPECT_THAT(refused({"--model_args", "dtype=float32"}), HasSubstr("lacks pretrained=DIR"));
  EXPECT_THAT(refused({"--model_args", "pretrained=x,dtype=int4"}), HasSubstr("'int4'"));
  EXPECT_THAT(refused({"--model_args", "pretrained=x,max_length=all"}), HasSubstr("'all'"));
  EXPECT_THAT(refused({"--model_args", "pretrained=x,revision=step3000"}),
              HasSubstr("revision=step3000 names a commit of the hub"));
  EXPECT_THAT(refused({"--model_args", "pretrained=x", "--special_tokens", "bos"}),
              HasSubstr("--special_tokens: 'bos' is unknown (expected omit, add, add-once)"));
  EXPECT_THAT(
      refused({"--model_args", "pretrained=x,add_bos_token=True", "--special_tokens", "add"}),
      HasSubstr("exclude each other"));
  EXPECT_THAT(refused({"--model_args", "pretrained=x", "--samples", "{\"t\": 5}"}),
              HasSubstr("no list of document numbers"));
  EXPECT_THAT(refused({"--model_args", "pretrained=x", "--seed", "a"}), HasSubstr("is no seed"));
  EXPECT_THAT(refused({"--model_args", "pretrained=x", "--apply_chat_template"}),
              HasSubstr("no chat template"));
  EXPECT_THAT(refused({"--model_args", "pretrained=x", "--wandb_args", "project=x"}),
              HasSubstr("nothing is sent anywhere"));
  EXPECT_THAT(refused({"--model_args", "pretrained=x", "--log_samples"}),
              HasSubstr("needs --output_path"));
  EXPECT_THAT(
      refused({"--model_args", "pretrained=x", "--samples", "{\"t\": [0]}", "--limit", "1"}),
      HasSubstr("exclude each other"));
}

TEST_F(RunCommandTest, RescoreNeedsNoModel) {
  const Path output = folder_.scratch / "out";
  const ProgramResult result = run("", {"--output_path", output, "--log_samples"});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const Path files = list_folder(output).front();
  const Json results = parse_json(read_file(list_folder(files).front()), "results");
  const ProgramResult rescore = run_program({.arguments = {"rescore", files, "--format", "json"}});
  ASSERT_EQ(rescore.exit_code, 0) << rescore.errors;
  EXPECT_THAT(rescore.errors, HasSubstr("colours: without acc_mutual_info: document 0"));
  int recorded = 0;
  const Json output_json = parse_json(rescore.output, "output");
  for (const Json& score : output_json["scores"]) {
    const std::string key = score["metric"].get<std::string>() + ",none";
    if (!results["results"]["colours"].contains(key)) continue;
    EXPECT_EQ(score["value"], results["results"]["colours"][key]) << key;
    EXPECT_EQ(score["recorded"]["compared"], score["documents"]) << key;
    EXPECT_EQ(score["recorded"]["differ"], 0) << key;
    ++recorded;
  }
  EXPECT_EQ(recorded, 1);  // the task lists acc alone
  // What was given to `run` is as good as the model's folder in it.
  const ProgramResult above = run_program({.arguments = {"rescore", output, "--format", "json"}});
  EXPECT_EQ(above.exit_code, 0) << above.errors;
  EXPECT_EQ(above.output, rescore.output);
  const ProgramResult one = run_program({.arguments = {"rescore", files, "--metrics", "gold_bpb"}});
  EXPECT_THAT(one.output, HasSubstr("gold_bpb"));
  EXPECT_THAT(one.output, Not(HasSubstr("acc_norm")));
  EXPECT_EQ(run_program({.arguments = {"rescore", files, "--metrics", "bleu"}}).exit_code, 2);
  EXPECT_EQ(run_program({.arguments = {"rescore", folder_.scratch / "tasks"}}).exit_code, 2);
}

}  // namespace
}  // namespace e2lm
