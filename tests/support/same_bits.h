#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/request.h"

namespace e2lm {

inline void expect_same_bits(const std::vector<TokenScores>& a, const std::vector<TokenScores>& b,
                             const std::string& what) {
  ASSERT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].logprobs_nats, b[i].logprobs_nats) << what << ", request " << i;
    EXPECT_EQ(a[i].greedy, b[i].greedy) << what << ", request " << i;
  }
}

}  // namespace e2lm
