#include "harness/manifest/token_schedule.h"

#include <gtest/gtest.h>

#include "tests/support/expect_error.h"
#include "tests/support/scratch.h"

namespace e2lm {
namespace {

TEST(TokenScheduleTest, GivesTheCompetitionsTokenCounts) {
  // Billions of tokens, as the competition's plot data has them.
  EXPECT_NEAR(e2lm_tokens(2000) / 1e9, 2.097152, 1e-6);
  EXPECT_NEAR(e2lm_tokens(4000) / 1e9, 4.194304, 1e-6);
  EXPECT_NEAR(e2lm_tokens(8000) / 1e9, 10.110550, 1e-5);
  EXPECT_NEAR(e2lm_tokens(12000) / 1e9, 21.442762, 1e-5);
  EXPECT_NEAR(e2lm_tokens(56000) / 1e9, 205.992, 1e-3);
  EXPECT_NEAR(e2lm_tokens(244000) / 1e9, 994.521, 1e-3);
  EXPECT_EQ(e2lm_tokens(0), 0);
}

TEST(TokenScheduleTest, ReadsTables) {
  const Scratch scratch;
  const auto table = read_token_table(scratch.write("t.csv", "# step,tokens\n10,2e9\n\n20 4e9\n"));
  EXPECT_EQ(table.at(10), 2e9);
  EXPECT_EQ(table.at(20), 4e9);
  expect_error([&] { read_token_table(scratch.write("bad.csv", "10,2e9\nstep,tokens\n")); },
               "bad.csv:2", "step,tokens");
  expect_error([&] { read_token_table(scratch.write("bad.csv", "10\n")); }, "bad.csv:1");
  EXPECT_EQ(read_token_table(scratch.write("t.csv", "Step, Tokens\n10,2e9\n10,2e9\n")).size(), 1u);
  for (const char* odd : {"10,nan", "10,inf", "10,-1"}) {
    expect_error([&] { read_token_table(scratch.write("bad.csv", odd)); }, "bad.csv:1", odd);
  }
  expect_error([&] { read_token_table(scratch.write("bad.csv", "10,2e9\n10,3e9\n")); },
               "bad.csv:2: gives step 10 3000000000 tokens", "2000000000, as a line above");
}

}  // namespace
}  // namespace e2lm
