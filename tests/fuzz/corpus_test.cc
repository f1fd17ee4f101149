// Every input that fuzzing starts from or once found, through the very functions that are fuzzed.

#include <gtest/gtest.h>

#include "base/file.h"
#include "tests/fuzz/targets.h"
#include "tests/support/places.h"

namespace e2lm::fuzz {
namespace {

class CorpusTest : public testing::TestWithParam<Target> {};

TEST_P(CorpusTest, EveryInputIsReadOrRefused) {
  const Path corpus = source_dir() / "tests/fuzz/corpus" / GetParam().name;
  int inputs = 0;
  for (const Path& path : list_folder(corpus)) {
    SCOPED_TRACE(path);
    EXPECT_NO_THROW(GetParam().run(read_file(path)));
    ++inputs;
  }
  EXPECT_GE(inputs, 5);
}

TEST_P(CorpusTest, CutOffInputsToo) {
  const Path corpus = source_dir() / "tests/fuzz/corpus" / GetParam().name;
  for (const Path& path : list_folder(corpus)) {
    SCOPED_TRACE(path);
    const std::string whole = read_file(path);
    for (int eighth = 0; eighth < 8; ++eighth) {
      EXPECT_NO_THROW(GetParam().run(whole.substr(0, whole.size() * eighth / 8)));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Corpus, CorpusTest, testing::ValuesIn(kTargets),
                         [](const auto& target) { return std::string(target.param.name); });

}  // namespace
}  // namespace e2lm::fuzz
