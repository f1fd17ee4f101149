// A folder includes itself and the floors below it, never a neighbour or a floor above.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "tests/support/places.h"

namespace e2lm {
namespace {

const std::map<std::string, int> kFloors = {{"base", 1},    {"engine", 2},  {"tasks", 2},
                                            {"scoring", 2}, {"reports", 3}, {"harness", 4}};

bool starts_with_any(const std::string& text, const std::vector<std::string>& starts) {
  for (const std::string& start : starts) {
    if (text.starts_with(start)) return true;
  }
  return false;
}

// Why the file at `path` (from the root) may not include `header`; empty if it may.
std::string objection(const std::string& path, const std::string& header) {
  const bool in_cuda = path.starts_with("engine/cuda/");
  if (!in_cuda && starts_with_any(header, {"cuda", "cublas", "cub/", "mma"})) {
    return "CUDA stays in engine/cuda";
  }
  if (header == "sqlite3.h" && path != "harness/store/sqlite.cc")
    return "SQLite stays in harness/store/sqlite";
  if (in_cuda && header.starts_with("engine/cpu/")) return "cuda/ knows nothing of cpu/";
  if (path.starts_with("engine/cpu/") && header.starts_with("engine/cuda/")) {
    return "cpu/ knows nothing of cuda/";
  }
  const std::string from = path.substr(0, path.find('/'));
  const std::string to = header.substr(0, header.find('/'));
  if (header.starts_with("tests/")) return "the program knows nothing of its tests";
  if (from == to || kFloors.count(to) == 0) return "";
  if (kFloors.at(from) > kFloors.at(to)) return "";
  return from + "/ may not include " + to + "/";
}

// The headers that a source text includes.
std::vector<std::string> includes(const std::string& text) {
  std::vector<std::string> headers;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("#include")) continue;
    const size_t open = line.find_first_of("<\"");
    const size_t close = line.find_last_of(">\"");
    headers.push_back(line.substr(open + 1, close - open - 1));
  }
  return headers;
}

TEST(LayeringTest, NoFileIncludesAFloorAboveOrBeside) {
  const Path root = source_dir();
  int files = 0;
  for (const auto& [folder, floor] : kFloors) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file()) continue;
      const std::string extension = entry.path().extension();
      if (extension != ".cc" && extension != ".h" && extension != ".cu" && extension != ".cuh") {
        continue;
      }
      ++files;
      const std::string path = std::filesystem::relative(entry.path(), root);
      for (const std::string& header : includes(read_file(entry.path()))) {
        EXPECT_EQ(objection(path, header), "") << path << " includes " << header;
      }
    }
  }
  EXPECT_GT(files, 100);
}

TEST(LayeringTest, WrongDirectionsAreSeen) {
  EXPECT_EQ(objection("engine/engine.cc", "base/error.h"), "");
  EXPECT_EQ(objection("harness/sweep/sweep.cc", "engine/engine.h"), "");
  EXPECT_EQ(objection("reports/page.cc", "vector"), "");
  EXPECT_NE(objection("engine/engine.cc", "tasks/task.h"), "");
  EXPECT_NE(objection("base/json.cc", "harness/store/store.h"), "");
  EXPECT_NE(objection("reports/page.cc", "harness/store/store.h"), "");
  EXPECT_NE(objection("engine/cpu/norm.cc", "engine/cuda/norm.h"), "");
  EXPECT_NE(objection("engine/engine.cc", "cuda_runtime.h"), "");
  EXPECT_NE(objection("harness/store/store.cc", "sqlite3.h"), "");
  EXPECT_NE(objection("harness/store/store.cc", "tests/support/scratch.h"), "");
}

TEST(LayeringTest, IncludesAreFoundInEveryForm) {
  EXPECT_THAT(includes("#pragma once\n#include <map>\n#include \"base/error.h\"  // why\nint x;\n"),
              testing::ElementsAre("map", "base/error.h"));
}

}  // namespace
}  // namespace e2lm
