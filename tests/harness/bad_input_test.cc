// Every kind of bad input: a sentence and exit code 2, or a failed cell in a sweep; nothing lost.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "engine/cuda/backend.h"
#include "harness/store/store.h"
#include "tests/support/program.h"
#include "tests/support/run_folder.h"
#include "tests/support/safetensors_writer.h"

namespace e2lm {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class BadInputTest : public testing::Test {
 protected:
  ProgramResult sweep(ProgramCall call = {}) const {
    call.arguments = {"sweep", folder_.manifest, "-o", folder_.scratch / "run", "--quiet"};
    return run_program(call);
  }

  // The middle checkpoint is bad: its cell fails with these words, the other two are computed.
  template <typename Matcher>
  void expect_failed_cell(const Matcher& message) const {
    const ProgramResult result = sweep();
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.errors, AllOf(HasSubstr("a step 80: failed"), message));
    EXPECT_THAT(result.output, HasSubstr("Computed 2 of 3 cells"));
    EXPECT_THAT(result.output, HasSubstr("1 of 3 cells have no result"));
    EXPECT_THAT(read_file(folder_.scratch / "run/report/report.md"), HasSubstr("failed"));
  }

  template <typename Matcher>
  void expect_refused(const Matcher& message) const {
    const ProgramResult result = sweep();
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.errors, message);
  }

  void edit_tensors(const std::function<void(EditableTensors&)>& edit) const {
    EditableTensors tensors = EditableTensors::read(weights_);
    edit(tensors);
    write_file(weights_, tensors.bytes());
  }

  void replace(const Path& path, const std::string& from, const std::string& to) const {
    std::string text = read_file(path);
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    write_file(path, text.replace(at, from.size(), to));
  }

  RunFolder folder_;
  Path weights_ = folder_.checkpoint(80) / "model.safetensors";
  Path config_ = folder_.checkpoint(80) / "config.json";
  Path task_ = folder_.scratch / "tasks/colours.yaml";
  Path rows_ = folder_.scratch / "tasks/test.jsonl";
  Path tokenizer_ = folder_.scratch / "tokenizer/tokenizer.json";
};

TEST_F(BadInputTest, TruncatedWeights) {
  write_file(weights_, read_file(weights_).substr(0, 50'000));
  expect_failed_cell(HasSubstr("model.safetensors"));
}

TEST_F(BadInputTest, HeaderLengthBeyondTheFile) {
  std::string bytes = read_file(weights_);
  bytes[7] = '\x7f';
  write_file(weights_, bytes);
  expect_failed_cell(HasSubstr("its header claims"));
}

TEST_F(BadInputTest, OverlappingOffsets) {
  const std::string header = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                             R"("b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})";
  write_file(weights_, safetensors_bytes(header, "123456"));
  expect_failed_cell(HasSubstr("overlaps"));
}

TEST_F(BadInputTest, OffsetsOutOfRange) {
  const std::string header = R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  write_file(weights_, safetensors_bytes(header, "1234"));
  expect_failed_cell(HasSubstr("4 data bytes"));
}

TEST_F(BadInputTest, WrongDtype) {
  edit_tensors([](EditableTensors& tensors) { tensors.entries[0].dtype = "I8"; });
  expect_failed_cell(HasSubstr("has dtype I8 (expected F32, BF16 or F16)"));
}

TEST_F(BadInputTest, MissingTensor) {
  edit_tensors([](EditableTensors& tensors) { tensors.entries.pop_back(); });
  expect_failed_cell(HasSubstr("is missing"));
}

TEST_F(BadInputTest, SurplusTensor) {
  edit_tensors([](EditableTensors& tensors) {
    tensors.entries.push_back({"model.bonus", "F32", {1}, "xxxx"});
  });
  expect_failed_cell(HasSubstr("'model.bonus'"));
}

TEST_F(BadInputTest, WrongShape) {
  edit_tensors([](EditableTensors& tensors) {
    for (auto& entry : tensors.entries) std::reverse(entry.shape.begin(), entry.shape.end());
  });
  expect_failed_cell(HasSubstr("that config.json calls for"));
}

TEST_F(BadInputTest, ConfigWithoutAMultiplier) {
  replace(config_, "\"key_multiplier\"", "\"old_key_multiplier\"");
  expect_failed_cell(HasSubstr("key_multiplier: is missing"));
}

TEST_F(BadInputTest, UnreadableCheckpoint) {
  std::filesystem::remove(weights_);
  std::filesystem::create_directory(weights_);
  expect_failed_cell(HasSubstr("not a regular file"));
}

TEST_F(BadInputTest, NamesThatWouldSteerTheTerminal) {
  replace(folder_.manifest, "name: a", "name: \"a\\e[31m\"");
  std::filesystem::remove(weights_);
  EXPECT_THAT(sweep().errors, HasSubstr("a\\x1b[31m step 80: failed"));
}

TEST_F(BadInputTest, TokenizerOfAnUnknownKind) {
  replace(tokenizer_, "\"BPE\"", "\"Unigram\"");
  expect_refused(AllOf(HasSubstr("tokenizer.json"), HasSubstr("Unigram")));
}

TEST_F(BadInputTest, YamlSyntax) {
  replace(task_, "tag: [small]", "tag: [small");
  expect_refused(AllOf(HasSubstr("colours.yaml:"), HasSubstr("not valid YAML")));
}

TEST_F(BadInputTest, UnknownKey) {
  replace(task_, "tag:", "tga:");
  expect_refused(AllOf(HasSubstr("colours.yaml:2"), HasSubstr("'tga' is unknown")));
}

TEST_F(BadInputTest, RowWithoutAColumn) {
  replace(rows_, "\"question\": \"snow?\"", "\"text\": \"snow?\"");
  expect_refused(AllOf(HasSubstr("test.jsonl:3"), HasSubstr("question")));
}

TEST_F(BadInputTest, GoldOutsideTheChoices) {
  replace(rows_, "\"answer\": 1", "\"answer\": 7");
  expect_refused(AllOf(HasSubstr("test.jsonl:2"), HasSubstr("gold answer is 7")));
}

TEST_F(BadInputTest, EmptyChoice) {
  replace(rows_, "[\"white\"", "[\"\"");
  expect_refused(AllOf(HasSubstr("test.jsonl:3"), HasSubstr("choice 0")));
}

TEST_F(BadInputTest, ItemLongerThanTheContext) {
  std::string words;
  for (int i = 0; i < 600; ++i) words += "word ";
  replace(rows_, "snow?", words);
  const ProgramResult result = sweep();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.errors, AllOf(HasSubstr("task colours: document 2"),
                                   HasSubstr("at most the model's 512 positions")));
}

TEST_F(BadInputTest, StoreOfANewerVersion) {
  ASSERT_EQ(sweep().exit_code, 0);
  Store::open(folder_.scratch / "run/store.sqlite").database().run("PRAGMA user_version = 9");
  expect_refused(AllOf(HasSubstr("store.sqlite"), HasSubstr("schema version 9")));
}

TEST_F(BadInputTest, DiskFullWhileWritingTheStore) {
  const ProgramResult full = sweep({.file_size_limit = 100'000});
  EXPECT_EQ(full.exit_code, 2);
  EXPECT_THAT(full.errors, AllOf(HasSubstr("store.sqlite"), HasSubstr("disk is full")));
  const ProgramResult later = sweep();
  EXPECT_EQ(later.exit_code, 0) << later.errors;
  EXPECT_THAT(later.output, HasSubstr("of 3 cells"));
}

TEST_F(BadInputTest, ADeviceThatIsNotThere) {
  if (cuda_is_there()) GTEST_SKIP() << "there is a card";
  ASSERT_EQ(sweep().exit_code, 0);
  const std::string report = read_file(folder_.scratch / "run/report/report.md");
  for (const char* device : {"cuda", "cuda:0", "cuda:12"}) {  // as torch names them
    const ProgramResult result =
        run_program({.arguments = {"sweep", folder_.manifest, "-o", folder_.scratch / "run",
                                   "--quiet", "--device", device}});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.errors, HasSubstr("--device cuda: "));
    EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.errors;
  }
  for (const char* device : {"cuda:", "cuda:-1", "cuda:one", "gpu"}) {
    const ProgramResult result =
        run_program({.arguments = {"sweep", folder_.manifest, "-o", folder_.scratch / "run",
                                   "--device", device}});
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.errors, HasSubstr(std::string("'") + device + "' is unknown"));
  }
  EXPECT_EQ(read_file(folder_.scratch / "run/report/report.md"), report);
  EXPECT_EQ(sweep().exit_code, 0);
}

TEST_F(BadInputTest, DiskFullWhilePrinting) {
  const ProgramResult result =
      run_program({.arguments = {"prompts", "wordnet_kinds"}, .standard_output = "/dev/full"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.errors, HasSubstr("standard output: cannot be written"));
}

}  // namespace
}  // namespace e2lm
