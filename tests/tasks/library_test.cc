#include "tasks/library.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tasks/requests.h"
#include "tests/support/expect_error.h"
#include "tests/support/places.h"
#include "tests/support/scratch.h"
#include "tests/support/task_files.h"

namespace e2lm {
namespace {

const Path kBundled = source_dir() / "tasks/library";

TEST(LibraryTest, FindsByNameTagGlobAndPath) {
  const TaskLibrary library({kBundled});
  EXPECT_EQ(library.find("wordnet_kinds").size(), 1u);
  EXPECT_EQ(library.find("wordnet_cloze").size(), 4u);
  EXPECT_EQ(library.find("wordnet_k*").size(), 2u);
  EXPECT_EQ(library.find("some/where.yaml")[0], "some/where.yaml");
  expect_error([&] { library.find("wordnet_kind"); }, "'wordnet_kind'",
               "did you mean 'wordnet_kinds'?");
}

TEST(LibraryTest, AFolderStandsForTheTasksRightInIt) {
  const Scratch scratch;
  const Path file = TaskFiles().write(scratch);
  scratch.write("base.yaml", "num_fewshot: 1\n");
  TaskFiles().write(scratch, "inner");
  EXPECT_EQ(TaskLibrary({}).find(scratch.folder().string()), std::vector{file});
  expect_error([&] { TaskLibrary({}).find("/"); }, "'/' is no task");
}

TEST(LibraryTest, AGlobInAPathStandsForTheTaskFilesThatFit) {
  const Scratch scratch;
  const Path file = TaskFiles().write(scratch);
  scratch.write("col_base.yaml", "num_fewshot: 1\n");
  scratch.write("other.yaml", TaskFiles().with_line(1, "task: other").yaml);
  EXPECT_EQ(TaskLibrary({}).find((scratch / "col*.yaml").string()), std::vector{file});
  const std::vector<std::string> none = {(scratch / "x*.yaml").string()};
  expect_error([&] { TaskLibrary({}).select(none); }, "x*.yaml", "cannot open");
}

TEST(LibraryTest, TwoFilesOfOneNameAreRefused) {
  const Scratch scratch;
  const std::string file = TaskFiles().write(scratch).string();
  const std::string copy = scratch.write("copy.yaml", TaskFiles().yaml).string();
  const std::vector<std::string> both = {file, copy}, twice = {file, file};
  expect_error([&] { TaskLibrary({}).select(both); }, file, copy, "the name colours");
  EXPECT_EQ(TaskLibrary({}).select(twice).tasks.size(), 1u);
}

// The task may stand in a file with a slip.
TEST(LibraryTest, NamesThatAreNotThereAreSaidWithFilesThatCannotBeRead) {
  const Scratch scratch;
  const Path file = TaskFiles().with_line(6, "test_split: \"test").write(scratch);
  scratch.write("group.yaml", "group: all\ntask: [colours]\n");
  const TaskLibrary library({scratch.folder()});
  const std::string reason = "may stand in a file that cannot be read: " + file.string() + ":";
  expect_error([&] { library.find("colours"); }, "'colours' is no task", reason);
  expect_error([&] { library.select(std::vector<std::string>{"all"}); }, "group.yaml:2: 'colours'",
               reason);
}

TEST(LibraryTest, LaterFoldersWin) {
  const Scratch scratch;
  TaskFiles().with_line(1, "task: wordnet_kinds").write(scratch);
  const TaskLibrary library({kBundled, scratch.folder()});
  EXPECT_EQ(library.find("wordnet_kinds")[0], scratch / "colours.yaml");
}

// As the TaskManager of lm-evaluation-harness 0.4.13 finds them.
TEST(LibraryTest, TheFirstPathWithANameWins) {
  const Scratch scratch;
  TaskFiles().write(scratch, "a");
  const Path first = scratch.write("a.yaml", TaskFiles().yaml);
  const TaskLibrary library({scratch.folder()});
  EXPECT_EQ(library.find("colours")[0], first) << "a.yaml comes before a/colours.yaml";
  ASSERT_EQ(library.passed_over().size(), 1u);
  EXPECT_EQ(library.passed_over()[0].name, "colours");
  EXPECT_EQ(library.passed_over()[0].path, scratch / "a/colours.yaml");
  EXPECT_EQ(library.passed_over()[0].kept, first);
  EXPECT_TRUE(TaskLibrary({kBundled}).passed_over().empty());
}

TEST(LibraryTest, CopiesThatJupyterAndPythonKeepAreNoTasks) {
  const Scratch scratch;
  const Path own = TaskFiles().write(scratch);
  TaskFiles().write(scratch, ".ipynb_checkpoints");
  TaskFiles().with_line(1, "task: old").write(scratch, "more/__pycache__");
  const TaskLibrary library({scratch.folder()});
  EXPECT_EQ(library.find("colours")[0], own);
  EXPECT_EQ(library.entries().size(), 1u);
  EXPECT_TRUE(library.passed_over().empty());
}

// As in lm-evaluation-harness 0.4.13: the last mention counts, in the place of the first.
TEST(LibraryTest, AGroupHasAMemberOnce) {
  const Scratch scratch;
  TaskFiles().write(scratch);
  TaskFiles().with_line(1, "task: shades").with_line(2, "").write(scratch, "more");
  scratch.write("group.yaml", "group: all\ntask: [colours, shades, {task: colours, repeats: 2}]\n");
  scratch.write("tagged.yaml", "group: tagged\ntask: [shades, colours, small]\n");
  const TaskLibrary library({scratch.folder()});
  const TaskSelection all = library.select(std::vector<std::string>{"all"});
  EXPECT_EQ(all.groups[0].children, (std::vector<std::string>{"colours", "shades"}));
  EXPECT_EQ(all.tasks[0].repeats, 2);
  const TaskSelection tagged = library.select(std::vector<std::string>{"tagged"});
  EXPECT_EQ(tagged.groups[0].children, (std::vector<std::string>{"shades", "colours"}));
}

TEST(LibraryTest, GroupsThatUnfoldWithoutEndAreRefused) {
  const Scratch scratch;
  TaskFiles().write(scratch);
  for (int i = 0; i < 40; ++i) {
    const std::string next = i < 39 ? "g" + std::to_string(i + 1) : "colours";
    scratch.write(fmt::format("g{}.yaml", i),
                  fmt::format("group: g{}\ntask: [{}, {}]\n", i, next, next));
  }
  const TaskLibrary library({scratch.folder()});
  EXPECT_EQ(library.select(std::vector<std::string>{"g36"}).tasks.size(), 1u);
  expect_error([&] { library.select(std::vector<std::string>{"g0"}); }, "too many members");
}

TEST(LibraryTest, EndlessChainsOfIncludesAreRefused) {
  const Scratch scratch;
  for (int i = 0; i < 200; ++i) {
    scratch.write(fmt::format("{}.yaml", i), fmt::format("include: {}.yaml\n", i + 1));
  }
  expect_error([&] { TaskLibrary({}).select(std::vector{(scratch / "0.yaml").string()}); },
               "99.yaml:1: includes more than 100 files");
}

TEST(LibraryTest, EveryTaskWithBundledDataGivesItsRequests) {
  const TaskLibrary library({kBundled});
  const std::map<std::string, size_t> rows = {{"wordnet_kinds", 500},
                                              {"wordnet_glosses", 240},
                                              {"wordnet_parts", 140},
                                              {"wordnet_everyday", 300},
                                              {"wordnet_kinds_letters", 500}};
  EXPECT_EQ(library.find("wordnet").size(), rows.size());
  for (const auto& [name, count] : rows) {
    const Task task = Task::read(library.find(name)[0]);
    EXPECT_EQ(make_requests(task).items.size(), count) << name;
    EXPECT_NO_THROW(make_requests(task, {.num_fewshot = 5})) << name;
  }
  const Task letters = Task::read(library.find("wordnet_kinds_letters")[0]);
  const Request first = make_requests(letters).requests[0];
  EXPECT_EQ(first.context,
            "Question: What kind of thing is motion sickness?\nA. seed\nB. wood\nC. symptom\n"
            "D. insect\nAnswer:");
  EXPECT_EQ(first.continuation, " A");
}

}  // namespace
}  // namespace e2lm
