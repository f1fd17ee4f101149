// The library's tasks on made-up rows of their data sets: every request is the original's to the
// byte. The rows are in tests/golden/library/data, laid out as the data folder is.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/json.h"
#include "tasks/library.h"
#include "tasks/requests.h"
#include "tests/support/places.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

const Path kBundled = source_dir() / "tasks/library";
const Path kGolden = source_dir() / "tests/golden/library";

// One line a document, as the golden files write it: a context that all requests share stands once.
std::vector<Json> lines_of(const Task& task, int64_t shots) {
  const TaskRequests made = make_requests(task, {.num_fewshot = shots});
  std::vector<Json> lines;
  for (size_t i = 0; i < made.items.size(); ++i) {
    lines.push_back({{"shots", shots},
                     {"doc_id", made.doc_ids[i]},
                     {"contexts", Json::array()},
                     {"continuations", Json::array()},
                     {"golds", made.items[i].golds}});
  }
  for (const Request& request : made.requests) {
    lines[request.doc_id]["contexts"].push_back(request.context);
    lines[request.doc_id]["continuations"].push_back(request.continuation);
  }
  for (Json& line : lines) {
    Json& contexts = line["contexts"];
    const bool shared = std::all_of(contexts.begin(), contexts.end(),
                                    [&](const Json& context) { return context == contexts[0]; });
    if (shared) contexts = Json::array({contexts[0]});
  }
  return lines;
}

std::vector<Json> expected_lines(const Path& path, int64_t shots) {
  std::vector<Json> lines;
  for_each_json_line(path, [&](int64_t, const Json& line) {
    if (line["shots"] == shots) lines.push_back(line);
  });
  return lines;
}

class GoldenLibrary : public testing::Test {
 protected:
  GoldenLibrary() { ::setenv("E2LM_DATA", (kGolden / "data").c_str(), 1); }
  ~GoldenLibrary() override { ::unsetenv("E2LM_DATA"); }

  const TaskLibrary library_{{kBundled}};
};

TEST_F(GoldenLibrary, RequestsAreTheOriginals) {
  size_t files = 0;
  for (const Path& path : list_folder(kGolden / "expected")) {
    ++files;
    const Task task = Task::read(library_.find(path.stem().string())[0]);
    for (const int64_t shots : {0, 2}) {
      const std::vector<Json> expected = expected_lines(path, shots);
      ASSERT_EQ(expected.size(), lines_of(task, shots).size()) << path;
      EXPECT_EQ(expected, lines_of(task, shots)) << path;
    }
  }
  EXPECT_EQ(files, 22u);
}

TEST_F(GoldenLibrary, EveryNumberOfExamplesOfMmluVar) {
  const Path expected = kGolden / "expected/mmlu_var5shots_astronomy.jsonl";
  for (const int64_t shots : {0, 1, 2, 3, 4}) {
    const std::string group = "mmlu_var" + std::to_string(shots) + "shots";
    const TaskSelection selection = library_.select(std::vector{group});
    ASSERT_EQ(selection.tasks.size(), 57u) << group;
    const auto task =
        std::find_if(selection.tasks.begin(), selection.tasks.end(),
                     [&](const Task& one) { return one.name == group + "::stem::astronomy"; });
    ASSERT_NE(task, selection.tasks.end()) << group;
    EXPECT_EQ(task->num_fewshot, shots);
    if (shots % 2 == 0 && shots < 4) {
      EXPECT_EQ(expected_lines(expected, shots), lines_of(*task, shots)) << group;
    }
  }
  EXPECT_EQ(Task::read(library_.find("mmlu_var5shots_astronomy")[0]).num_fewshot, 5);
}

TEST_F(GoldenLibrary, MmluHasItsCategories) {
  for (const std::string name : {"mmlu", "mmlu_continuation", "mmlu_var5shots", "mmlu_var0shots"}) {
    const TaskSelection selection = library_.select(std::vector{name});
    EXPECT_EQ(selection.tasks.size(), 57u) << name;
    ASSERT_EQ(selection.groups.size(), 5u) << name;
    std::vector<size_t> sizes;
    for (const Group& group : selection.groups) {
      ASSERT_FALSE(group.aggregates.empty()) << group.name;
      EXPECT_EQ(group.aggregates[0].metric, "acc") << group.name;
      EXPECT_TRUE(group.aggregates[0].weight_by_size) << group.name;
      sizes.push_back(group.children.size());
    }
    // STEM, other, social sciences, humanities; then what holds the four.
    EXPECT_EQ(sizes, (std::vector<size_t>{19, 13, 12, 13, 4})) << name;
  }
}

TEST_F(GoldenLibrary, RowsOfFoundryByTheirBase) {
  const Scratch scratch;
  scratch.write(
      "rows.jsonl",
      R"({"choices": ["goggles", "mask"], "query": "Question: What stops mold?", "gold": 1})"
      "\n"
      R"({"choices": ["hay", "tin", "tar"], "query": "Question: What do cows eat?\n", "gold": 0})"
      "\n");
  const Path path = scratch.write(
      "rows.yaml", "include: " + (kBundled / "foundry/_foundry.yaml").string() +
                       "\ntask: rows\ndataset_kwargs: {data_files: {test: rows.jsonl}}\n");
  const Task task = Task::read(path);
  const std::string mold = "Question: What stops mold?\nAnswer:";
  const std::string cows = "Question: What do cows eat?\nAnswer:";
  const Json continuations[] = {{" goggles", " mask"}, {" hay", " tin", " tar"}};
  EXPECT_EQ(lines_of(task, 0), (std::vector<Json>{{{"shots", 0},
                                                   {"doc_id", 0},
                                                   {"contexts", {mold}},
                                                   {"continuations", continuations[0]},
                                                   {"golds", {1}}},
                                                  {{"shots", 0},
                                                   {"doc_id", 1},
                                                   {"contexts", {cows}},
                                                   {"continuations", continuations[1]},
                                                   {"golds", {0}}}}));
  // Of two rows the example can only be the other one.
  EXPECT_EQ(lines_of(task, 1)[0]["contexts"], Json::array({cows + " hay\n\n" + mold}));
}

}  // namespace
}  // namespace e2lm
