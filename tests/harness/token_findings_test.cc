#include "harness/results/token_findings.h"

#include <gtest/gtest.h>

#include "harness/import/importer.h"
#include "harness/results/results.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

// Cells of one task at checkpoints {series, step, tokens}.
std::vector<ReportCell> cells(
    const std::vector<std::tuple<std::string, int64_t, double>>& checkpoints) {
  std::vector<ReportCell> list;
  for (const auto& [series, step, tokens] : checkpoints) {
    list.push_back({.series = series, .step = step, .tokens = tokens, .task = "t"});
  }
  return list;
}

TEST(TokenFindingsTest, OneForEachSeriesThatFalls) {
  const std::vector<Finding> found = falling_tokens(cells({{"rises", 1, 5},
                                                           {"rises", 2, 5},
                                                           {"rises", 3, 6},
                                                           {"falls", 3000, 7e9},
                                                           {"falls", 1000, 9e9},
                                                           {"falls", 2000, 6e9},
                                                           {"falls", 4000, 1e9},
                                                           {"too", 1, 2},
                                                           {"too", 2, 1}}));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].kind, "falling tokens");
  EXPECT_EQ(found[0].series, "falls");
  EXPECT_EQ(found[0].step, 2000);
  EXPECT_EQ(found[0].text,
            "falls has seen 9e+09 tokens at step 1000 and only 6e+09 at step 2000; early and late "
            "go by tokens");
  EXPECT_EQ(found[1].series, "too");
}

TEST(TokenFindingsTest, UnknownTokensAreNone) {
  EXPECT_TRUE(falling_tokens(cells({{"a", 1, 5}, {"a", 2, 0}, {"a", 3, 6}})).empty());
  EXPECT_EQ(falling_tokens(cells({{"a", 1, 5}, {"a", 2, 0}, {"a", 3, 4}})).size(), 1u);
}

TEST(TokenFindingsTest, ReportsHaveThem) {
  const Scratch scratch;
  const Path file = scratch.write("x.csv",
                                  "series,step,tokens,task,value\n"
                                  "a,1000,9e9,t,0.5\na,2000,6e9,t,0.5\n");
  Store store = Store::in_memory();
  import_results(std::vector<Path>{file}, {}, store);
  const Report report = load_report(store);
  ASSERT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.findings[0].kind, "falling tokens");
}

}  // namespace
}  // namespace e2lm
