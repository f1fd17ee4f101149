// Every request of lm-evaluation-harness's own making, for tasks of every kind: equal to the byte.

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"
#include "base/json.h"
#include "tasks/library.h"
#include "tasks/requests.h"
#include "tests/support/golden_run_files.h"
#include "tests/support/places.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

const Path kSuite = source_dir() / "tests/golden/prompts";
const Path kFrozen = source_dir() / "tests/golden/frozen";
const Path kOthers = source_dir() / "../shared/golden/prompts/lm_eval";

// A request as the golden files write it.
Json line_of(const Request& request, int64_t document) {
  Json line = {{"doc_id", document}, {"idx", request.idx}};
  if (request.rolling) {
    line["text"] = request.continuation;
  } else {
    line["context"] = request.context;
    line["continuation"] = request.continuation;
  }
  return line;
}

std::map<std::string, std::vector<Json>> made_requests(const TaskSelection& selection,
                                                       const Json& args) {
  std::map<std::string, std::vector<Json>> lines;
  for (const Task& task : selection.tasks) {
    const RequestOptions options = golden_options(args, task.name);
    const TaskRequests made = make_requests(task, options);
    for (const Request& request : made.requests) {
      // Of chosen documents the original numbers the requests within the choice.
      const auto place = std::find(made.doc_ids.begin(), made.doc_ids.end(), request.doc_id);
      const int64_t document =
          options.samples.empty() ? request.doc_id : place - made.doc_ids.begin();
      for (int64_t copy = 0; copy < task.repeats; ++copy) {
        lines[task.name].push_back(line_of(request, document));
      }
    }
  }
  return lines;
}

std::map<std::string, std::vector<Json>> expected_requests(const Path& results) {
  std::map<std::string, std::vector<Json>> lines;
  Path path = results;
  const std::string name = path.filename().string();
  path.replace_filename(name.substr(0, name.size() - 13) + ".requests.jsonl");
  for_each_json_line(path, [&](int64_t, const Json& row) {
    Json line = {{"doc_id", row["doc_id"]}, {"idx", row["idx"]}};
    for (const char* key : {"text", "context", "continuation"}) {
      if (row.contains(key)) line[key] = row[key];
    }
    lines[row["task"]].push_back(std::move(line));
  });
  return lines;
}

void expect_same(const Path& results, const Json& run, const TaskSelection& selection) {
  auto made = made_requests(selection, run["args"]);
  const auto expected = expected_requests(results);
  for (const auto& [task, lines] : expected) {
    ASSERT_EQ(made[task].size(), lines.size()) << results << ": " << task;
    for (size_t i = 0; i < lines.size(); ++i) {
      ASSERT_EQ(made[task][i], lines[i]) << results << ": " << task << ", request " << i;
    }
  }
  EXPECT_EQ(made.size(), expected.size()) << results;
}

TEST(GoldenPrompts, OfOurSuite) {
  const InFolder here(kSuite);
  const TaskLibrary library({kSuite / "tasks"});
  int same = 0, refused = 0;
  for (const Path& results : golden_results(kSuite)) {
    const Json run = parse_json(read_file(results), results.string());
    std::vector<std::string> words;
    for (const Json& task : run["args"]["tasks"]) words.push_back(task);
    const bool dies = run.contains("error");
    try {
      const TaskSelection selection = library.select(words);
      if (dies) made_requests(selection, run["args"]);
      if (!dies) expect_same(results, run, selection);
      ++same;
      EXPECT_FALSE(dies && run["error"] != "KeyError")
          << results << " has requests; the original dies: " << run["message"];
    } catch (const Error& error) {
      ++refused;
      EXPECT_TRUE(dies) << results << ": " << error.what();
    }
  }
  EXPECT_GT(same, 150);
  EXPECT_GT(refused, 10);
}

TEST(GoldenPrompts, OfFrozenTasks) {
  int requests = 0;
  for (const Path& results : golden_results(kFrozen)) {
    const Json run = parse_json(read_file(results), results.string());
    const std::string task = run["args"]["tasks"][0];
    const Path file = kFrozen / results.stem().stem() / (task + ".yaml");
    const TaskSelection selection = TaskLibrary({}).select(std::vector{file.string()});
    expect_same(results, run, selection);
    requests += static_cast<int>(make_requests(selection.tasks[0]).requests.size());
  }
  EXPECT_GT(requests, 60);
}

TEST(GoldenPrompts, OfTasksOfTheOriginal) {
  if (!std::filesystem::exists(kOthers)) GTEST_SKIP() << kOthers << " is not there";
  const InFolder here(kOthers);
  const Scratch scratch;
  for (const Path& results : golden_results(kOthers)) {
    const Json run = parse_json(read_file(results), results.string());
    Json file = {{"include", (kOthers / run["yaml"].get<std::string>()).string()}};
    for (const auto& [key, value] : run["overrides"].items()) file[key] = value;
    const Path path = scratch.write("task.yaml", file.dump());
    try {
      expect_same(results, run, TaskLibrary({}).select(std::vector{path.string()}));
    } catch (const Error& error) {
      EXPECT_TRUE(run.contains("error")) << results << ": " << error.what();
    }
  }
}

}  // namespace
}  // namespace e2lm
