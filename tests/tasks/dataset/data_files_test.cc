#include "tasks/dataset/data_files.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/expect_error.h"
#include "tests/support/scratch.h"

// Expectations are what the `datasets` library 5.2.0 finds in the same folders.
namespace e2lm {
namespace {

// "split file file; split file" for a folder of these files.
std::string found(const std::vector<std::string>& names,
                  const std::vector<std::string>& extensions = {}) {
  const Scratch scratch;
  for (const std::string& name : names) scratch.write(name, "{}");
  std::string text;
  for (const SplitFiles& split : find_data_files(scratch.folder(), extensions)) {
    text += (text.empty() ? "" : "; ") + split.split;
    for (const Path& file : split.files) {
      text += " " + file.lexically_relative(scratch.folder()).string();
    }
  }
  return text;
}

TEST(DataFiles, FilesAreNamedLikeSplits) {
  EXPECT_EQ(found({"train.jsonl", "dev.jsonl", "test-00000-of-00001.json"}),
            "train train.jsonl; validation dev.jsonl; test test-00000-of-00001.json");
  EXPECT_EQ(found({"my_train.jsonl", "my-test-set.jsonl", "contest.jsonl", "tests.jsonl"}),
            "train my_train.jsonl; test my-test-set.jsonl");
  EXPECT_EQ(found({"a.jsonl", "test.jsonl"}), "test test.jsonl");
  EXPECT_EQ(found({"train_test.jsonl"}), "train train_test.jsonl; test train_test.jsonl");
}

TEST(DataFiles, OrderIsThatOfWordsThenPlacesThenPaths) {
  EXPECT_EQ(found({"valid.jsonl", "val_1.jsonl", "validation.jsonl", "dev2.jsonl"}),
            "validation validation.jsonl valid.jsonl dev2.jsonl val_1.jsonl");
  EXPECT_EQ(found({"x-test.jsonl", "test-z.jsonl", "a-test-b.jsonl"}),
            "test test-z.jsonl a-test-b.jsonl x-test.jsonl");
  EXPECT_EQ(found({"test.jsonl", "b/test.jsonl", "test_2.jsonl", "test1.jsonl"}),
            "test b/test.jsonl test.jsonl test1.jsonl test_2.jsonl");
  EXPECT_EQ(found({"test.test.jsonl"}), "test test.test.jsonl test.test.jsonl");
}

TEST(DataFiles, FoldersAreNamedLikeSplits) {
  EXPECT_EQ(found({"train/x.jsonl", "test/y.jsonl", "train/z/w.jsonl", "dev.jsonl"}),
            "train train/x.jsonl train/z/w.jsonl; test test/y.jsonl");
  EXPECT_EQ(found({"x-test/b.jsonl", "test-1/c.jsonl", "x-test-2/d.jsonl", "z/test/e.jsonl"}),
            "test z/test/e.jsonl test-1/c.jsonl x-test/b.jsonl x-test-2/d.jsonl");
}

TEST(DataFiles, ShardsOfTheFolderDataComeFirst) {
  EXPECT_EQ(found({"data/train-00000-of-00002.jsonl", "data/train-00001-of-00002.jsonl",
                   "data/extra-00000-of-00001.jsonl", "test.jsonl"}),
            "train data/train-00000-of-00002.jsonl data/train-00001-of-00002.jsonl; "
            "extra data/extra-00000-of-00001.jsonl");
  EXPECT_EQ(found({"data/test.jsonl", "train.jsonl"}), "train train.jsonl; test data/test.jsonl");
}

TEST(DataFiles, ElseEverythingIsTrain) {
  EXPECT_EQ(found({"b.jsonl", "Test.jsonl", ".hidden.jsonl", "__x/a.jsonl", ".h/b.jsonl",
                   "README.md", "config.json"}),
            "train Test.jsonl b.jsonl");
  EXPECT_EQ(found({"a.csv", "b.jsonl", "c.json.gz"}, {".json", ".jsonl"}),
            "train b.jsonl c.json.gz");
}

TEST(DataFiles, AFolderWithoutThemIsRefused) {
  const Scratch scratch;
  expect_error([&] { find_data_files(scratch / "absent"); }, "absent", "no such folder");
  expect_error([&] { find_data_files(scratch.folder()); }, "has no data files");
}

}  // namespace
}  // namespace e2lm
