// `e2lm export`: a store's results as the files that `e2lm run` would have written.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/json.h"
#include "tests/support/program.h"
#include "tests/support/run_folder.h"

namespace e2lm {
namespace {

using testing::HasSubstr;

class ExportCommandTest : public testing::Test {
 protected:
  ExportCommandTest() {
    std::string texts;
    for (const int words : {9, 700, 0, 40}) {  // of more than one window, and of none
      std::string text;
      for (int i = 0; i < words; ++i) text += i % 3 == 0 ? "a dog " : "is an animal ";
      texts += Json{{"text", text}}.dump() + "\n";
    }
    folder_.scratch.write("tasks/texts.jsonl", texts);
    folder_.scratch.write("tasks/texts.yaml",
                          "task: texts\n"
                          "output_type: loglikelihood_rolling\n"
                          "dataset_path: json\n"
                          "dataset_kwargs: {data_files: {test: texts.jsonl}}\n"
                          "test_split: test\n"
                          "doc_to_text: ''\n"
                          "doc_to_target: '{{text}}'\n"
                          "metric_list:\n"
                          "  - metric: bits_per_byte\n");
    std::string manifest = read_file(folder_.manifest);
    manifest.replace(0, manifest.find('\n'), "tasks: [tasks/colours.yaml, tasks/texts.yaml]");
    write_file(folder_.manifest, manifest);
  }

  ProgramResult run(std::vector<std::string> words) const {
    return run_program({.arguments = std::move(words), .folder = folder_.scratch.folder()});
  }
  void sweep(std::vector<std::string> options) const {
    options.insert(options.begin(), {"sweep", folder_.manifest, "-q", "-o", "run"});
    const ProgramResult result = run(options);
    EXPECT_EQ(result.exit_code, 0) << result.errors;
  }
  ProgramResult exported(std::vector<std::string> options) const {
    options.insert(options.begin(), {"export", "run", "--include_path", "tasks", "-o"});
    return run(options);
  }

  // The one file in a folder that begins so.
  std::string file(const Path& folder, const std::string& start) const {
    for (const Path& path : list_folder(folder_.scratch / folder)) {
      if (path.filename().string().starts_with(start)) return read_file(path);
    }
    ADD_FAILURE() << "no " << start << " in " << folder;
    return "{}";
  }
  Json results(const Path& folder) const {
    return parse_json(file(folder, "results_"), folder.string());
  }

  RunFolder folder_;
};

TEST_F(ExportCommandTest, FilesAreThoseOfRun) {
  sweep({"--num_fewshot", "1", "--limit", "3"});
  const ProgramResult result = exported({"out", "--log_samples"});
  EXPECT_EQ(result.exit_code, 0) << result.errors;
  EXPECT_THAT(result.errors, HasSubstr("3 checkpoints in out\n"));
  const ProgramResult alone =
      run({"run", "-q", "--model_args", "pretrained=a/iter_80,tokenizer=tokenizer", "--tasks",
           "tasks/colours.yaml,tasks/texts.yaml", "-f", "1", "-L", "3", "-o", "alone", "-s"});
  EXPECT_EQ(alone.exit_code, 0) << alone.errors;
  const Path ours = "out/a/step80", theirs = "alone/a__iter_80";
  const Json of_store = results(ours), of_run = results(theirs);
  for (const char* key : {"results", "versions", "configs", "n-shot", "n-samples",
                          "higher_is_better", "group_subtasks", "task_hashes"}) {
    EXPECT_EQ(of_store[key], of_run[key]) << key;
  }
  EXPECT_EQ(of_store["n-shot"]["colours"], 1);
  EXPECT_EQ(of_store["config"]["model_dtype"], of_run["config"]["model_dtype"]);
  EXPECT_EQ(of_store["config"]["metadata"]["tokens"], 80 * 2048);
  for (const char* task : {"samples_colours_", "samples_texts_"}) {
    EXPECT_EQ(file(ours, task), file(theirs, task)) << task;
  }
}

TEST_F(ExportCommandTest, ScoresReadItAsTheyReadTheStore) {
  sweep({});
  EXPECT_EQ(exported({"out"}).exit_code, 0);
  const auto curves = [&](const char* from) {
    const ProgramResult result = run({"score", from, "--format", "json"});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
    const Json report = parse_json(result.output, from);
    std::map<std::pair<std::string, int64_t>, double> values;
    for (const Json& task : report["curves"]) {
      for (const Json& point : task["series"][0]["points"]) {
        values[{task["task"], point["step"]}] = point["value"];
      }
    }
    return values;
  };
  EXPECT_EQ(curves("run").size(), 6u);
  EXPECT_EQ(curves("out"), curves("run"));
}

TEST_F(ExportCommandTest, NoNameLeadsOutOfTheFolder) {
  std::string manifest = read_file(folder_.manifest);
  write_file(folder_.manifest, manifest.replace(manifest.find("name: a"), 7, "name: ../a"));
  sweep({});
  EXPECT_EQ(exported({"out"}).exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder_.scratch / "out/_..__a/step40"));
}

TEST_F(ExportCommandTest, WhatItCannotSayItDoesNotSay) {
  sweep({"--seed", "7"});
  EXPECT_THAT(exported({"run"}).errors, HasSubstr("is not empty"));
  EXPECT_THAT(run({"export", "run", "-o", "out"}).errors, HasSubstr("colours"))
      << "task files are found by their names";
  EXPECT_THAT(exported({"out", "--tasks", "wordnet_kinds"}).errors,
              HasSubstr("'wordnet_kinds' is no task of this store (expected colours, texts)"));
  EXPECT_THAT(exported({"out", "--num_fewshot", "2"}).errors, HasSubstr("makes other requests"));
  EXPECT_FALSE(std::filesystem::exists(folder_.scratch / "out"));

  std::filesystem::remove(folder_.checkpoint(120) / "model.safetensors");
  write_file(folder_.checkpoint(120) / "model.safetensors", "no more");
  EXPECT_EQ(run({"sweep", folder_.manifest, "-q", "-o", "run", "--seed", "7"}).exit_code, 1);
  const ProgramResult part = exported({"out"});
  EXPECT_EQ(part.exit_code, 1);
  EXPECT_THAT(part.errors, HasSubstr("a step 120: no result of colours\n2 checkpoints in out; 1 "
                                     "left out\n"));

  const Path rows = folder_.scratch / "tasks/test.jsonl";
  std::string text = read_file(rows);
  write_file(rows, text.replace(text.find("grass?"), 6, "trees?"));
  const ProgramResult changed = exported({"out2"});
  EXPECT_EQ(changed.exit_code, 2);
  EXPECT_THAT(changed.errors, HasSubstr("makes other requests than those that the store has"));
}

}  // namespace
}  // namespace e2lm
