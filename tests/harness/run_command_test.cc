// What `run` does with words that mean nothing, or something only the tokenizer decides.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "tests/support/program.h"
#include "tests/support/run_folder.h"

namespace e2lm {
namespace {

using testing::HasSubstr;

class RunCommandTest : public testing::Test {
 protected:
  ProgramResult run(const std::string& model_args, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {
        "run",
        "--model_args",
        "pretrained=" + folder_.checkpoint(80).string() +
            ",tokenizer=" + (folder_.scratch / "tokenizer").string() + model_args,
        "--tasks",
        folder_.scratch / "tasks/colours.yaml",
        "--quiet"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program({.arguments = std::move(arguments)});
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

// This tokenizer has no template.
TEST_F(RunCommandTest, BosIsAddedWithoutATemplate) {
  const std::string plain = first_answer("");
  const std::string with_bos = first_answer(",add_bos_token=TRUE");
  EXPECT_NE(with_bos, plain);
  EXPECT_EQ(first_answer(",add_bos_token=false"), plain);
  std::filesystem::remove(folder_.scratch / "tokenizer/tokenizer_config.json");
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

TEST_F(RunCommandTest, NoTasksAreRefused) {
  for (const std::string tasks : {"", " , "}) {
    const ProgramResult result =
        run_program({.arguments = {"run", "--model_args", "pretrained=x", "--tasks", tasks}});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.errors, HasSubstr("--tasks: names nothing"));
  }
}

}  // namespace
}  // namespace e2lm
