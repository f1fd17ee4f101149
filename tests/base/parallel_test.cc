#include "base/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <vector>

#include "tests/support/expect_error.h"

namespace e2lm {
namespace {

TEST(ParallelTest, CoversEveryIndexOnce) {
  for (const int threads : {1, 2, 5}) {
    for (const int64_t count : {0, 1, 7, 64, 1000}) {
      std::vector<std::atomic<int>> seen(static_cast<size_t>(count));
      parallel_for(threads, count, 7, [&](int64_t first, int64_t last) {
        EXPECT_LE(last - first, 7);
        for (int64_t i = first; i < last; ++i) ++seen[static_cast<size_t>(i)];
      });
      for (const auto& times : seen) EXPECT_EQ(times, 1);
    }
  }
}

TEST(ParallelTest, PassesErrorsOn) {
  expect_error(
      [] {
        parallel_for(2, 100, 1, [](int64_t first, int64_t) {
          if (first == 50) throw Error("piece", "is broken");
        });
      },
      "piece: is broken");
}

// Whichever thread comes first, users see the same one.
TEST(ParallelTest, OfSeveralErrorsThatOfTheFirstPieceCounts) {
  std::atomic<bool> later_failed = false;
  expect_error(
      [&] {
        parallel_for(2, 100, 10, [&](int64_t first, int64_t) {
          if (first == 20) later_failed.wait(false);
          if (first < 20) return;
          if (first > 20) {
            later_failed = true;
            later_failed.notify_all();
          }
          throw Error("piece " + std::to_string(first), "is broken");
        });
      },
      "piece 20: is broken");
}

}  // namespace
}  // namespace e2lm
