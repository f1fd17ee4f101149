// Every file of tasks/library is right: what `e2lm validate` checks before it reads data.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/sweep/items.h"
#include "tasks/library.h"
#include "tests/support/places.h"
#include "tests/support/program.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

using testing::HasSubstr;

const Path kBundled = source_dir() / "tasks/library";

TEST(LibraryFiles, EveryTaskAndGroupLoads) {
  const TaskLibrary library({kBundled});
  size_t tasks = 0;
  for (const auto& [name, entry] : library.entries()) {
    const TaskSelection selection = library.select(std::vector{name});
    EXPECT_EQ(selection.top, std::vector{name});
    for (const Task& task : selection.tasks) {
      EXPECT_FALSE(metrics_of(task).empty()) << task.name;
    }
    tasks += selection.tasks.size();
  }
  EXPECT_GT(tasks, 3 * 57u);
}

// A file that cannot be read, or has the name of another, is no entry: then somebody would miss it.
TEST(LibraryFiles, EveryFileIsAnEntryOrABase) {
  const TaskLibrary library({kBundled});
  size_t files = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(kBundled)) {
    const std::string name = file.path().filename().string();
    files += name.ends_with(".yaml") && !name.starts_with("_");
  }
  EXPECT_EQ(library.entries().size(), files);
}

TEST(LibraryFiles, WithoutItsDataATaskSaysWhatToGet) {
  const Scratch scratch;
  const ProgramCall call = {.arguments = {"prompts", "arc_easy"},
                            .environment = {{"E2LM_DATA", scratch.folder()}}};
  const auto expect_sentence = [&] {
    const ProgramResult result = run_program(call);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.errors, HasSubstr("allenai/ai2_arc/ARC-Easy/test.jsonl: is not there"));
    EXPECT_THAT(result.errors, HasSubstr("huggingface.co/datasets/allenai/ai2_arc (ARC-Easy)"));
    EXPECT_EQ(result.output, "");
  };
  expect_sentence();
  // The same where the folder is there, with another split in it.
  scratch.write("allenai/ai2_arc/ARC-Easy/train.jsonl", "{}\n");
  expect_sentence();
}

}  // namespace
}  // namespace e2lm
