// Which files of a repository make up a split, here and in Hugging Face's own library.

#include "harness/hub/dataset_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.h"
#include "tests/support/expect_error.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

using testing::ElementsAre;

using Paths = std::vector<std::string>;

SplitChoice choose(const Paths& files, const std::string& split, DatasetQuery query = {},
                   const std::string& header = "") {
  query.where = "org/sums@0123";
  query.split = split;
  const auto configs = read_yaml_configs(header, "README.md");
  return choose_files(files, configs, query);
}

TEST(DatasetFilesTest, NamesOfFilesAndFolders) {
  EXPECT_THAT(choose({"README.md", "train.jsonl", "test.jsonl"}, "test").paths,
              ElementsAre("test.jsonl"));
  EXPECT_THAT(choose({"a/test/1.csv", "a/test/0.csv", "a/train/0.csv"}, "test").paths,
              ElementsAre("a/test/0.csv", "a/test/1.csv"));
  EXPECT_THAT(choose({"data/odd-00001-of-00002.json", "data/odd-00000-of-00002.json"}, "odd").paths,
              ElementsAre("data/odd-00000-of-00002.json", "data/odd-00001-of-00002.json"));
  EXPECT_THAT(choose({"all.ndjson", ".gitattributes", "__pycache__/x.json"}, "train").paths,
              ElementsAre("all.ndjson"));
  EXPECT_THAT(choose({"my_dev.tsv", "my_eval.tsv"}, "validation").paths, ElementsAre("my_dev.tsv"));
  expect_error([] { choose({"train.csv"}, "test"); }, "org/sums@0123", "has no split 'test'",
               "one of: train");
  expect_error([] { choose({"README.md", ".gitattributes"}, "test"); }, "has no data files");
}

TEST(DatasetFilesTest, TheMostFrequentFormatCounts) {
  EXPECT_EQ(choose({"a.csv", "b.csv", "c.json"}, "train").format, "csv");
  EXPECT_THAT(choose({"a.csv", "b.csv", "c.json", "LICENSE"}, "train").paths,
              ElementsAre("a.csv", "b.csv"));
  EXPECT_EQ(choose({"a.csv", "a.jsonl"}, "train").format, "json");
  EXPECT_EQ(choose({"a.csv", "a.parquet", "a.json"}, "train").format, "parquet");
  EXPECT_EQ(choose({"a.tsv"}, "train").format, "tsv");
  EXPECT_EQ(choose({"a.jsonl.gz"}, "train").format, "json");
  EXPECT_EQ(choose({"a.zip"}, "train").format, "zip");
  EXPECT_EQ(choose({"0.png", "metadata.jsonl"}, "train").format, "image");
  EXPECT_EQ(format_of({"a.unknown", "b"}), "");
  // The library refuses the whole data set here; a split that can be read is read.
  EXPECT_EQ(choose({"train.csv", "test.json"}, "test").format, "json");
}

constexpr const char* kHeader =
    "configs:\n"
    "- config_name: easy\n  data_files:\n"
    "  - {split: test, path: easy/*.csv}\n  - {split: dev1, path: [b.csv, a.csv]}\n"
    "- config_name: hard\n  data_dir: v2\n"
    "- config_name: deep\n  data_dir: v2\n  data_files: 'x/**'\n"
    "- config_name: none\n  data_files: gone-*.csv\n"
    "- config_name: lost\n  data_files: gone.csv\n";

TEST(DatasetFilesTest, ConfigurationsNameFiles) {
  const Paths files = {"a.csv",          "b.csv",         "easy/1.csv",      "easy/0.csv",
                       "easy/a/b.csv",   "v2/test.jsonl", "v2/x/train.json", "v2/x/.hidden.json",
                       "v2/x/__a/1.json"};
  EXPECT_THAT(choose(files, "test", {.config = "easy"}, kHeader).paths,
              ElementsAre("easy/0.csv", "easy/1.csv"));
  EXPECT_THAT(choose(files, "dev1", {.config = "easy"}, kHeader).paths,
              ElementsAre("b.csv", "a.csv"));
  EXPECT_THAT(choose(files, "test", {.config = "hard"}, kHeader).paths,
              ElementsAre("v2/test.jsonl"));
  EXPECT_THAT(choose(files, "train", {.config = "deep"}, kHeader).paths,
              ElementsAre("v2/x/train.json"));
  expect_error([&] { choose(files, "train", {.config = "none"}, kHeader); },
               "has no data files of the split 'train'");
  expect_error([&] { choose(files, "train", {.config = "lost"}, kHeader); },
               "has no data file 'gone.csv'");
  expect_error([&] { choose(files, "train", {}, kHeader); }, "dataset_name: easy, hard");
  expect_error([&] { choose(files, "train", {.config = "easy"}); }, "has no configuration 'easy'");
  EXPECT_EQ(choose({"a.csv"}, "train", {.config = "default"}).paths.size(), 1u);
}

TEST(DatasetFilesTest, ATaskNamesFiles) {
  const Paths files = {"a.csv", "v2/test.jsonl", "v2/x/train.json", "v20/test.json"};
  EXPECT_THAT(choose(files, "test", {.data_dir = "v2"}, kHeader).paths,
              ElementsAre("v2/test.jsonl"));
  EXPECT_THAT(choose(files, "test", {.data_dir = "./v2/"}).paths, ElementsAre("v2/test.jsonl"));
  EXPECT_THAT(choose(files, "t", {.data_files = {{"t", {"./x/*.json"}}}, .data_dir = "v2"}).paths,
              ElementsAre("v2/x/train.json"));
  EXPECT_THAT(choose(files, "train", {.data_files = {{"train", {"v2/*"}}}}, kHeader).paths,
              ElementsAre("v2/test.jsonl"));
  for (const char* elsewhere : {"https://host/a.csv", "hf://datasets/a/b/c.csv"}) {
    expect_error(
        [&] {
          choose(files, "train", {.data_files = {{"train", {elsewhere}}}});
        },
        "its data are elsewhere", elsewhere);
  }
  expect_error(
      [&] {
        choose(files, "train", {.data_files = {{"train", {"../a.csv"}}}});
      },
      "has no data file '../a.csv'");
}

// Layouts that are compared with the library, each a folder of its own.
struct Layout {
  std::string name;
  Paths files;
  std::string header = {};  // of README.md
  std::string config = {};
  std::string data_dir = {};
  Json data_files = nullptr;
};

std::vector<Layout> layouts() {
  return {
      {"one", {"data.csv"}},
      {"license", {"LICENSE", "LICENSE.txt", "rows.jsonl"}},
      {"names", {"train.jsonl", "test.jsonl", "valid.jsonl"}},
      {"words", {"my-training.csv", "a_dev_1.csv", "x.val.csv", "evaluation.csv"}},
      {"no words", {"retrain.csv", "testify.csv", "latest.csv"}},
      {"upper case", {"TEST.csv", "train.CSV"}},
      {"folders", {"train/0.csv", "train/1.csv", "test/0.csv", "other/0.csv"}},
      {"deep folders", {"data/en/test_1/a/0.json", "data/train.v2/0.json"}},
      {"folders first", {"test/train.csv", "val.csv"}},
      {"shards",
       {"data/train-00000-of-00002.jsonl", "data/train-00001-of-00002.jsonl",
        "data/extra-00000-of-00001.jsonl", "test.jsonl"}},
      {"packed", {"train.jsonl.gz", "test.json.bz2", "val.json.xz"}},
      {"two words", {"train_test.csv"}},
      {"mixed", {"train.csv", "train.json", "train2.json"}},
      {"draw", {"train.csv", "train.jsonl"}},
      {"tabs", {"train.tsv", "test.tsv"}},
      {"hidden", {".train.csv", "__x/test.csv", "rows.csv", ".hid/train.csv"}},
      {"config files", {"config.json", "dataset_infos.json", "a.json"}},
      {"ndjson", {"a.ndjson", "b.jsonl"}},
      {"points", {"v1.0.train.json", "v1.0.test.json"}},
      {"text in between", {"train.txt", "train_a.csv", "train_b.csv"}},
      {"no data", {"code.py", "test.sh"}},
      {"configs",
       {"a/x.csv", "a/y.csv", "b/train.csv", "b/test.csv"},
       "configs:\n- config_name: one\n  data_files: a/*.csv\n- config_name: two\n  data_dir: b\n",
       "two"},
      {"patterns",
       {"a/x.csv", "a/y.csv", "a/b/z.csv", "q.csv"},
       "configs:\n- config_name: c\n  data_files:\n  - {split: odd, path: [a/**, q.csv]}\n"
       "  - {split: even, path: 'a/[x]*'}\n  - {split: none, path: 'a/?.csv'}\n"},
      {"ordered",
       {"2.csv", "10.csv", "1.csv"},
       "configs:\n- config_name: c\n  data_files: ['2.csv', '1*.csv', '2.csv']\n"},
      {"no such file", {"a.csv"}, "configs:\n- config_name: c\n  data_files: b.csv\n"},
      {"stars within", {"a.csv"}, "configs:\n- config_name: c\n  data_files: '**.csv'\n"},
      {"default named",
       {"a.csv", "b.csv"},
       "configs:\n- config_name: x\n  data_files: a.csv\n"
       "- {config_name: y, data_files: b.csv, default: true}\n"},
      {"none named",
       {"a.csv", "b.csv"},
       "configs:\n- config_name: x\n  data_files: a.csv\n- config_name: y\n  data_files: b.csv\n"},
      {"unknown name", {"a.csv"}, "configs:\n- config_name: x\n  data_files: a.csv\n", "z"},
      {"name without configs", {"a.csv"}, "", "z"},
      {"hidden asked",
       {".h/a.csv", "__s/b.csv"},
       "configs:\n- config_name: c\n  data_files: ['.h/*', '__s/*.csv']\n"},
      {"dir of config",
       {"d/e/train-0.csv", "d/e/test-0.csv", "d/f.csv"},
       "configs:\n- config_name: c\n  data_dir: d/e\n"},
      {"files in dir of config",
       {"d/a.csv", "a.csv"},
       "configs:\n- {config_name: c, data_dir: d, data_files: '*.csv'}\n"},
      {"asked files", {"a/test.csv", "b/test.csv"}, "", "", "", {{"test", "b/*.csv"}}},
      {"asked list", {"a/test.csv", "b/test.csv"}, "", "", "", {"b/test.csv", "a/test.csv"}},
      {"asked dir", {"a/test.csv", "b/test.csv"}, "", "", "b"},
      {"asked dir and files", {"a/t.csv", "b/t.csv"}, "", "", "a", {{"x", "t.csv"}}},
  };
}

constexpr const char* kAskLibrary = R"(
import json, os, sys
os.environ["HF_HUB_OFFLINE"] = "1"
import datasets
datasets.disable_progress_bars()
top = sys.argv[1]
answers = {}
for i, layout in enumerate(json.load(open(top + "/layouts.json"))):
    folder = os.path.join(top, "layouts", str(i))
    given = {key: layout[key] for key in ("data_dir", "data_files") if layout[key]}
    try:
        builder = datasets.load_dataset_builder(folder, layout["config"] or None, **given)
        answers[layout["name"]] = {
            str(split): [os.path.relpath(path, folder) for path in paths]
            for split, paths in builder.config.data_files.items()}
    except Exception as error:
        answers[layout["name"]] = repr(error)
json.dump(answers, open(top + "/answers.json", "w"))
)";

// The library's answers, or nothing where it is not installed.
Json ask_library(const Scratch& scratch, const std::vector<Layout>& asked) {
  const char* named = std::getenv("E2LM_PYTHON");
  const std::string python = named ? named : "python3";
  Json list = Json::array();
  for (size_t i = 0; i < asked.size(); ++i) {
    const Layout& layout = asked[i];
    const Path folder = Path("layouts") / std::to_string(i);
    for (const std::string& file : layout.files) {
      const bool table = file.find(".csv") != std::string::npos;
      const char* rows = table ? "a,b\n1,2\n" : "{\"a\": 1}\n";
      scratch.write(folder / file, file == "dataset_infos.json" ? "{}" : rows);
    }
    scratch.write(folder / "README.md", "---\nlicense: mit\n" + layout.header + "---\n");
    list.push_back({{"name", layout.name},
                    {"config", layout.config},
                    {"data_dir", layout.data_dir},
                    {"data_files", layout.data_files}});
  }
  scratch.write("layouts.json", list.dump());
  scratch.write("ask.py", kAskLibrary);
  const std::string command = "HF_HOME=" + (scratch / "hf").string() + " " + python + " " +
                              (scratch / "ask.py").string() + " " + scratch.folder().string() +
                              " > /dev/null 2> " + (scratch / "errors").string();
  if (std::system((python + " -c 'import datasets' 2> /dev/null").c_str()) != 0) return nullptr;
  EXPECT_EQ(std::system(command.c_str()), 0) << read_file(scratch / "errors");
  return Json::parse(read_file(scratch / "answers.json"));
}

TEST(DatasetFilesTest, TheLibraryChoosesTheSameFiles) {
  const Scratch scratch;
  const std::vector<Layout> asked = layouts();
  const Json answers = ask_library(scratch, asked);
  if (answers.is_null()) {
    GTEST_SKIP() << "python3 cannot import `datasets` (E2LM_PYTHON may name one that can): the "
                    "choice of files is not compared with the library's";
  }
  for (const Layout& layout : asked) {
    SCOPED_TRACE(layout.name);
    Paths files = layout.files;
    files.push_back("README.md");
    DatasetQuery query{.where = layout.name, .config = layout.config, .data_dir = layout.data_dir};
    if (!layout.data_files.is_null()) query.data_files = read_data_files(layout.data_files, "");
    const Json& theirs = answers[layout.name];
    if (theirs.is_string()) {
      for (const char* split : {"train", "test"}) {
        EXPECT_THROW(choose(files, split, query, layout.header), Error) << theirs;
      }
      continue;
    }
    for (const auto& [split, paths] : theirs.items()) {
      Paths expected;
      for (const Json& path : paths) expected.push_back(path.get<std::string>());
      EXPECT_EQ(choose(files, split, query, layout.header).paths, expected) << split;
    }
    Paths splits, known;
    for (const auto& [split, paths] : theirs.items()) known.push_back(split);
    for (const SplitPatterns& split :
         list_splits(files, read_yaml_configs(layout.header, ""), query)) {
      splits.push_back(split.split);
    }
    EXPECT_EQ(splits, known);
  }
}

}  // namespace
}  // namespace e2lm
