// The program as a user meets it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <regex>

#include "base/json.h"
#include "base/text.h"
#include "tests/support/golden_model.h"
#include "tests/support/program.h"
#include "tests/support/run_folder.h"

namespace e2lm {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<Json> parse_lines(const std::string& text) {
  std::vector<Json> lines;
  for (const std::string& line : split(text, '\n')) {
    if (!line.empty()) lines.push_back(parse_json(line, "output"));
  }
  return lines;
}

TEST(CommandsTest, HelpIsThere) {
  const ProgramResult help = run_program({.arguments = {"--help"}});
  EXPECT_EQ(help.exit_code, 0);
  for (const char* command :
       {"sweep", "score", "report", "logprobs", "tokenize", "prompts", "ls", "validate"}) {
    EXPECT_THAT(help.output, HasSubstr(command));
    const ProgramResult of_command = run_program({.arguments = {command, "--help"}});
    EXPECT_EQ(of_command.exit_code, 0);
    EXPECT_THAT(of_command.output, HasSubstr(std::string("usage: e2lm ") + command));
  }
  EXPECT_EQ(run_program({}).exit_code, 2);
  EXPECT_THAT(run_program({.arguments = {"--version"}}).output, HasSubstr("e2lm 0."));
}

TEST(CommandsTest, WrongUseIsASentenceAndExitCodeTwo) {
  const auto refused = [](std::vector<std::string> arguments) {
    const ProgramResult result = run_program({.arguments = std::move(arguments)});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_EQ(result.output, "");
    return result.errors;
  };
  EXPECT_THAT(refused({"sweeep"}), HasSubstr("'sweeep' is no command (expected sweep)"));
  EXPECT_EQ(refused({"bogus"}),
            "e2lm: 'bogus' is no command (expected one that `e2lm --help` shows)\n");
  EXPECT_THAT(refused({"sweep", "--outptu", "x"}), HasSubstr("--output"));
  EXPECT_EQ(refused({"ls", "--bogus-option"}),
            "e2lm: ls: unknown option --bogus-option (expected one that `e2lm ls --help` shows)\n");
  EXPECT_THAT(refused({"sweep", "a.yaml", "b.yaml"}), HasSubstr("sweep: 2 arguments given"));
  EXPECT_THAT(refused({"prompts"}), HasSubstr("0 arguments given"));
  EXPECT_THAT(refused({"prompts", "wordnet_kinds", "--limit", "x"}), HasSubstr("'x' is no number"));
  EXPECT_THAT(refused({"prompts", "wordnet_kinds", "--num_fewshot", "-2"}),
              HasSubstr("--num_fewshot: '-2' is below 0 (expected a whole number from 0 up)"));
  EXPECT_THAT(refused({"prompts", "wordnet_kinds", "--num_fewshot", "1.5"}),
              HasSubstr("'1.5' is no whole number (expected a whole number from 0 up)"));
  EXPECT_THAT(refused({"sweep", "--watch", "--watch-until", "-5"}),
              HasSubstr("--watch-until: '-5' is below 0"));
  EXPECT_THAT(refused({"logprobs", "--requests", "x"}), HasSubstr("--model: is missing"));
  EXPECT_THAT(refused({"score", "--format", "xml", "nowhere"}), HasSubstr("xml"));
  EXPECT_THAT(refused({"score", "nowhere"}), HasSubstr("no such store"));
  EXPECT_THAT(refused({"sweep", "nowhere.yaml"}), HasSubstr("nowhere.yaml"));
  EXPECT_THAT(refused({"sweep", "--shard", "5/4"}), HasSubstr("'5/4' is no shard"));
  EXPECT_THAT(refused({"sweep", "--shard", "1/4x"}), HasSubstr("as 1/4 for the first of four"));
  EXPECT_THAT(refused({"ls", "things"}), HasSubstr("'things' is no list"));
}

TEST(CommandsTest, LogprobsAnswerInInputOrder) {
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
  const std::vector<Json> lines = parse_lines(result.output);
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

TEST(CommandsTest, LogprobsTakesTexts) {
  const Path source = E2LM_SOURCE_DIR;
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
  const std::vector<Json> lines = parse_lines(result.output);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_FALSE(lines[0].contains("id"));
  for (const int other : {1, 2}) {
    EXPECT_GT(lines[0]["logprob"].get<double>(), lines[other]["logprob"].get<double>() + 2)
        << "it has read that a salmon is a fish";
  }
}

TEST(CommandsTest, LogprobsNamesTheLineThatIsWrong) {
  const Path source = E2LM_SOURCE_DIR;
  const Scratch scratch;
  const std::string good = R"({"context": "abc", "continuation": " d"})";
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "1, ";
  for (const auto& [bad, what] :
       {std::pair<std::string, const char*>(R"({"context": "abc", "continuation": ""})",
                                            ":2: continuation: is empty"),
        {R"({"context_ids": [1], "continuation_ids": [50000]})", ":2: the token id 50000"},
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

TEST(CommandsTest, TokenizeReadsStandardInput) {
  const Path tokenizer = Path(E2LM_SOURCE_DIR) / "series/tokenizer";
  const ProgramResult result =
      run_program({.arguments = {"tokenize", "--tokenizer", tokenizer},
                   .input = "{\"text\": \"Question:\"}\n{\"text\": \"\"}\n"});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const std::vector<Json> lines = parse_lines(result.output);
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["ids"].size(), 2u);
  EXPECT_EQ(lines[0]["ids"][0], 289);
  EXPECT_TRUE(lines[1]["ids"].empty());
}

TEST(CommandsTest, PromptsShowsTheRequests) {
  const ProgramResult result =
      run_program({.arguments = {"prompts", "wordnet_kinds", "--limit", "2", "--num-fewshot=1"}});
  ASSERT_EQ(result.exit_code, 0) << result.errors;
  const std::vector<Json> lines = parse_lines(result.output);
  ASSERT_EQ(lines.size(), 8u);
  EXPECT_EQ(lines[5]["task"], "wordnet_kinds");
  EXPECT_EQ(lines[5]["doc_id"], 1);
  EXPECT_EQ(lines[5]["idx"], 1);
  EXPECT_EQ(lines[5]["type"], "loglikelihood");
  EXPECT_EQ(lines[5]["continuation"], " disease");
  EXPECT_THAT(lines[5]["context"].get<std::string>(), HasSubstr("Answer: "));
}

TEST(CommandsTest, LsListsWhatThereIs) {
  const auto list = [](const char* what) {
    return run_program({.arguments = {"ls", what}}).output;
  };
  EXPECT_THAT(list("tasks"), HasSubstr("wordnet_kinds_letters"));
  EXPECT_THAT(list("families"), HasSubstr("falcon_h1"));
  EXPECT_THAT(list("metrics"), HasSubstr("acc_norm"));
  EXPECT_THAT(list("devices"), HasSubstr("cpu"));
}

// oneDNN told to do without AMX stands for a processor that has none; cards are hidden.
TEST(CommandsTest, Bfloat16IsFastWhereItBeatsFloat32) {
#if defined(__x86_64__)
  if (!__builtin_cpu_is("intel")) GTEST_SKIP() << "not an Intel processor";
  const auto without_amx = run_program(
      {.arguments = {"ls", "devices"},
       .environment = {{"ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16"}, {"CUDA_VISIBLE_DEVICES", ""}}});
  EXPECT_THAT(without_amx.output, Not(HasSubstr("bfloat16")));
#else
  GTEST_SKIP() << "not an Intel processor";
#endif
}

TEST(CommandsTest, ValidateKnowsEveryKindOfFile) {
  const Path source = E2LM_SOURCE_DIR;
  const auto valid = [](const Path& path) {
    const ProgramResult result = run_program({.arguments = {"validate", path}});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    return result.output;
  };
  EXPECT_THAT(valid(source / "checkpoints.yaml"), HasSubstr("105 checkpoints"));
  EXPECT_THAT(valid(source / "tasks/library/wordnet/wordnet_kinds.yaml"),
              HasSubstr("500 documents"));
  EXPECT_THAT(valid(source / "series/tokenizer/tokenizer.json"), HasSubstr("1024 ids"));
  EXPECT_THAT(valid(source / "series/small-deep/iter_0000040"), HasSubstr("94,008 parameters"));
  EXPECT_THAT(valid(source / "series/small-deep/iter_0000040/model.safetensors"),
              HasSubstr("tensors"));
}

TEST(CommandsTest, ValidateGivesEachOfManyFilesALine) {
  const Scratch scratch;
  const std::string keys =
      "output_type: multiple_choice\ndataset_path: some/where\ntest_split: test\n"
      "doc_to_text: q\ndoc_to_target: 0\n";
  const Path elsewhere = scratch.write("far.yaml", "task: far\ndoc_to_choice: [a, b]\n" + keys);
  const Path wrong = scratch.write("wrong.yaml", "task: wrong\nno_key: 1\n" + keys);
  const ProgramResult both = run_program({.arguments = {"validate", wrong, elsewhere}});
  EXPECT_EQ(both.exit_code, 2);
  const std::vector<std::string> lines = split(both.output, '\n');
  ASSERT_EQ(lines.size(), 3u) << both.output;
  EXPECT_THAT(lines[0], HasSubstr("wrong.yaml: wrong ("));
  EXPECT_THAT(lines[0], HasSubstr("'no_key'"));
  EXPECT_THAT(lines[0], HasSubstr("'doc_to_choice'"));
  EXPECT_THAT(lines[1], HasSubstr("far.yaml: right (task far: its data, some/where, are not here"));
  EXPECT_EQ(run_program({.arguments = {"validate", elsewhere, elsewhere}}).exit_code, 0);
}

TEST(CommandsTest, ValidateKnowsGroups) {
  const Scratch scratch;
  TaskFiles().write(scratch, "more");
  const Path group =
      scratch.write("group.yaml", "group: mine\ntask: [colours, wordnet_kinds]\nnum_fewshot: 1\n");
  const auto validate = [&] {
    return run_program(
        {.arguments = {"validate", group, "--include_path", scratch / "more", "--limit", "2"}});
  };
  const ProgramResult right = validate();
  EXPECT_EQ(right.exit_code, 0) << right.errors;
  EXPECT_THAT(right.output, HasSubstr("group mine of 2 tasks: task colours: 2 documents"));
  EXPECT_THAT(right.output, HasSubstr("; task wordnet_kinds: 2 documents"));
  scratch.write("group.yaml", "group: mine\ntask: [colors]\n");
  const ProgramResult wrong = validate();
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.errors, HasSubstr("colors"));
  EXPECT_THAT(wrong.errors, Not(HasSubstr("dataset_path")));
}

TEST(CommandsTest, SweepScoreAndReportGoTogether) {
  const RunFolder folder;
  const ProgramResult sweep =
      run_program({.arguments = {"sweep", folder.manifest, "-o", folder.scratch / "run"}});
  ASSERT_EQ(sweep.exit_code, 0) << sweep.errors;
  EXPECT_THAT(sweep.output, HasSubstr("Computed 3 of 3 cells"));
  EXPECT_THAT(sweep.output, HasSubstr("colours"));
  const ProgramResult again =
      run_program({.arguments = {"sweep", folder.manifest, "-o", folder.scratch / "run"}});
  EXPECT_THAT(again.output, HasSubstr("Nothing to compute: all 3 cells"));

  const ProgramResult score =
      run_program({.arguments = {"score", folder.scratch / "run", "--format", "json"}});
  ASSERT_EQ(score.exit_code, 0) << score.errors;
  const Json json = parse_json(score.output, "score");
  ASSERT_EQ(json["signal"].size(), 1u);
  for (const char* key :
       {"series", "task", "metric", "n", "grid", "monotonicity", "autocorrelation",
        "signal_quality", "tie_interval", "null_mean", "null_p"}) {
    EXPECT_TRUE(json["signal"][0].contains(key)) << key;
  }
  EXPECT_TRUE(json["signal"][0]["signal_quality"].is_null()) << "three points have no lag";
  EXPECT_EQ(read_file(folder.scratch / "run/report/report.json"), score.output);

  const std::string page = read_file(folder.scratch / "run/report/index.html");
  const ProgramResult report = run_program(
      {.arguments = {"report", folder.scratch / "run/store.sqlite", "-o", folder.scratch / "r"}});
  EXPECT_EQ(report.exit_code, 0) << report.errors;
  EXPECT_EQ(read_file(folder.scratch / "r/index.html"), page) << "the same store, the same bytes";
  for (const char* name :
       {"report.json", "report.md", "leaderboard.csv", "signal.csv", "curves.csv"}) {
    EXPECT_EQ(read_file(folder.scratch / "r" / name),
              read_file(folder.scratch / "run/report" / name));
  }
  EXPECT_THAT(read_file(folder.scratch / "r/curves.csv"), HasSubstr("colours,acc,"));
}

TEST(CommandsTest, RunSpeaksAsLmEvaluationHarness) {
  const RunFolder folder;
  const std::string model = "pretrained=" + folder.checkpoint(80).string() +
                            ",tokenizer=" + (folder.scratch / "tokenizer").string();
  const Path output = folder.scratch / "out";
  const ProgramResult run = run_program(
      {.arguments = {"run", "--model_args", model, "--tasks", folder.scratch / "tasks/colours.yaml",
                     "--num_fewshot", "1", "--seed", "0,1234,1234,7", "--output_path", output,
                     "--log_samples", "--quiet"}});
  ASSERT_EQ(run.exit_code, 0) << run.errors;
  EXPECT_THAT(run.output, HasSubstr("|Tasks  |Version|Filter|n-shot|Metric|"));
  EXPECT_THAT(run.output, HasSubstr("|colours|"));
  std::vector<Path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(output)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  ASSERT_EQ(files.size(), 2u);
  const Json results = parse_json(read_file(files[0]), "results");
  EXPECT_EQ(results["config"]["fewshot_seed"], 7);
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

TEST(CommandsTest, RunTakesItsFlagsFromAFileToo) {
  const RunFolder folder;
  const Path config = folder.scratch.write(
      "run.yaml", "model_args: {pretrained: " + folder.checkpoint(80).string() +
                      ", tokenizer: " + (folder.scratch / "tokenizer").string() + "}\ntasks: [" +
                      (folder.scratch / "tasks/colours.yaml").string() +
                      "]\nnum_fewshot: 1\nlimit: 3\nquiet: true\nwrite_out: true\n"
                      "metadata: {run: 7}\noutput_path: " +
                      (folder.scratch / "out").string() + "\nlog_samples: false\n");
  const ProgramResult run =
      run_program({.arguments = {"run", "--config", config, "--num_fewshot", "2"}});
  ASSERT_EQ(run.exit_code, 0) << run.errors;
  EXPECT_THAT(run.output, HasSubstr("num_fewshot: 2, limit: 3"));
  EXPECT_THAT(run.errors, HasSubstr("----- colours, document 0: prompt"));
  const Path files = list_folder(folder.scratch / "out").front();
  ASSERT_EQ(list_folder(files).size(), 1u) << "no samples";
  const Json results = parse_json(read_file(list_folder(files).front()), "results");
  EXPECT_EQ(results["config"]["metadata"]["run"], 7);
  EXPECT_EQ(results["config"]["token_rules"]["joining"], "joint");
  EXPECT_EQ(results["configs"]["colours"]["num_fewshot"], 2);
  EXPECT_EQ(results["configs"]["colours"]["target_delimiter"], " ");

  folder.scratch.write("run.yaml", "tasks: [x]\nnum_fewshots: 3\n");
  const ProgramResult wrong = run_program({.arguments = {"run", "--config", config}});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.errors, HasSubstr("--num_fewshot"));
  folder.scratch.write("run.yaml", "tasks: [[x]]\n");
  EXPECT_THAT(run_program({.arguments = {"run", "--config", config}}).errors,
              HasSubstr("run.yaml:1: 'tasks' holds no plain value"));
}

TEST(CommandsTest, RescoreNeedsNoModel) {
  const RunFolder folder;
  const std::string model = "pretrained=" + folder.checkpoint(80).string() +
                            ",tokenizer=" + (folder.scratch / "tokenizer").string();
  const Path output = folder.scratch / "out";
  const ProgramResult run = run_program(
      {.arguments = {"run", "--model_args", model, "--tasks", folder.scratch / "tasks/colours.yaml",
                     "--output_path", output, "--log_samples", "--quiet"}});
  ASSERT_EQ(run.exit_code, 0) << run.errors;
  const Path files = list_folder(output).front();
  const Json results = parse_json(read_file(list_folder(files).front()), "results");
  const ProgramResult rescore = run_program({.arguments = {"rescore", files, "--format", "json"}});
  ASSERT_EQ(rescore.exit_code, 0) << rescore.errors;
  EXPECT_THAT(rescore.errors, HasSubstr("without document 0: acc_mutual_info"));
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
  EXPECT_EQ(run_program({.arguments = {"rescore", folder.scratch / "tasks"}}).exit_code, 2);
}

TEST(CommandsTest, RunRefusesWhatItDoesNotKnow) {
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

TEST(CommandsTest, SweepLooksForItsManifestInTheCurrentFolder) {
  const RunFolder folder;
  std::filesystem::rename(folder.manifest, folder.scratch / "checkpoints.yaml");
  const ProgramResult sweep =
      run_program({.arguments = {"sweep", "--quiet"}, .folder = folder.scratch.folder()});
  ASSERT_EQ(sweep.exit_code, 0) << sweep.errors;
  EXPECT_TRUE(std::filesystem::exists(folder.scratch / "runs/checkpoints/store.sqlite"));
  const ProgramResult score =
      run_program({.arguments = {"score"}, .folder = folder.scratch.folder()});
  EXPECT_EQ(score.exit_code, 0) << score.errors;
  const Path run = folder.scratch / "runs/checkpoints";
  for (const Path& store : {run, run / "store.sqlite"}) {
    const ProgramResult validate = run_program({.arguments = {"validate", store}});
    EXPECT_EQ(validate.exit_code, 0) << validate.errors;
    EXPECT_EQ(validate.output, store.string() + ": right (store: 3 cells)\n");
  }
}

}  // namespace
}  // namespace e2lm
