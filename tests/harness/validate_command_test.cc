// `validate` on files of every kind.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "tests/support/places.h"
#include "tests/support/program.h"
#include "tests/support/task_files.h"

namespace e2lm {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ValidateCommandTest, KnowsEveryKindOfFile) {
  const Path source = source_dir();
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

TEST(ValidateCommandTest, GivesEachOfManyFilesALine) {
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

TEST(ValidateCommandTest, OpensTheTaskFilesOfAManifest) {
  const Scratch scratch;
  TaskFiles().write(scratch, "mine");
  const auto validate = [&](const std::string& tasks) {
    const std::string series = (source_dir() / "series/small-deep").string();
    const Path manifest =
        scratch.write("m.yaml", "tasks: [" + tasks + "]\nseries: [{name: a, steps: [40], path: \"" +
                                    series + "/iter_{step:07}\", tokens: {per_step: 2048}}]\n" +
                                    "tokenizer: " + (source_dir() / "series/tokenizer").string());
    const ProgramResult result = run_program({.arguments = {"validate", manifest}});
    return result.output + result.errors;
  };
  EXPECT_THAT(validate("mine/colours.yaml"), HasSubstr("right (manifest: 1 series"));
  EXPECT_THAT(validate("mine/none.yaml"), HasSubstr("none.yaml: cannot open"));
  scratch.write("mine/copy.yaml", read_file(scratch / "mine/colours.yaml"));
  EXPECT_THAT(validate("mine/c*.yaml"), HasSubstr("has the name colours"));
}

// Each would end or spoil the sweep, and only the first was told, or none.
TEST(ValidateCommandTest, TellsAllThatAManifestLacks) {
  const Scratch scratch;
  const std::string path = "path: '" + (source_dir() / "series").string();
  const Path manifest =
      scratch.write("m.yaml",
                    "tasks: [no_such, wordnet_kinds, none.yaml]\n"
                    "series:\n"
                    "- {name: a, steps: [40, 41, 42], tokens: {per_step: 1}, tokenizer: here, " +
                        path + "/small-deep/iter_{step:07}'}\n" +
                        "- {name: b, steps: [40], tokens: {per_step: 1}, " + path +
                        "/small-wide/iter_{step:07}'}\n");
  const ProgramResult result = run_program({.arguments = {"validate", manifest}});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, HasSubstr("'no_such' is no task"));
  EXPECT_THAT(result.errors, HasSubstr("none.yaml: cannot open"));
  EXPECT_THAT(result.errors, HasSubstr("iter_0000041: no such folder, and 1 more of the series"));
  EXPECT_THAT(result.errors, HasSubstr("here"));
  EXPECT_THAT(result.errors, HasSubstr("series b: has no tokenizer"));
}

// Named without a folder, as one does who stands beside it.
TEST(ValidateCommandTest, AManifestHereFindsCheckpointsHere) {
  const Scratch scratch;
  std::filesystem::create_directory(scratch / "iter_40");
  std::filesystem::create_directory(scratch / "80");
  const auto validate = [&](const std::string& path) {
    scratch.write(
        "m.yaml",
        "tasks: [wordnet_kinds]\ntokenizer: " + (source_dir() / "series/tokenizer").string() +
            "\nseries: [{name: a, steps: scan, path: '" + path + "', tokens: {per_step: 1}}]\n");
    return run_program({.arguments = {"validate", "m.yaml"}, .folder = scratch.folder()}).output;
  };
  EXPECT_THAT(validate("iter_{step}"), HasSubstr("1 series, 1 checkpoints"));
  EXPECT_THAT(validate("{step}"), HasSubstr("1 series, 1 checkpoints"));
}

TEST(ValidateCommandTest, AFolderOfNoKindIsSaidToBeNone) {
  const ProgramResult result =
      run_program({.arguments = {"validate", source_dir() / "series/small-deep"}});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, HasSubstr("is a folder without config.json"));
}

TEST(ValidateCommandTest, NamesCannotSteerTheTerminal) {
  const Scratch scratch;
  const Path task = TaskFiles().with_line(1, "task: \"red\\e[31m\"").write(scratch);
  const ProgramResult result = run_program({.arguments = {"validate", task}});
  EXPECT_THAT(result.output, HasSubstr("right (task red\\x1b[31m: 3 documents"));
}

TEST(ValidateCommandTest, KnowsGroups) {
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

}  // namespace
}  // namespace e2lm
