// Every expected value was printed by CPython 3.11.

#include "base/random.h"

#include <gtest/gtest.h>

#include <vector>

namespace e2lm {
namespace {

using Indices = std::vector<int64_t>;

TEST(RandomTest, SeedsLikePython) {
  struct Case {
    int64_t seed;
    uint32_t first, second;
    double uniform;
    uint64_t bits64, bits5, bits33;
  };
  const std::vector<Case> cases = {
      {0, 3626764237, 1654615998, 0.7579544029403025, 746805015404516437, 8, 8441607418},
      {1, 577090037, 2444712010, 0.8474337369372327, 1164115433906158532, 8, 506456969},
      {-7, 1390851128, 4071050724, 0.15084917392450192, 890727360438182992, 2, 7822313508},
      {1234, 4150886329, 3342196574, 0.4407325991753527, 1672079305790387732, 29, 8343123266},
      {int64_t{1} << 32, 485306839, 1508871100, 0.41782886486292836, 420988764530468635, 19,
       8057758611},
      {(int64_t{1} << 40) + 5, 2166296868, 2220160828, 0.2686044399723282, 505956256775690464, 16,
       7552447642},
  };
  for (const Case& expected : cases) {
    SCOPED_TRACE(expected.seed);
    Random random(expected.seed);
    EXPECT_EQ(random.word(), expected.first);
    EXPECT_EQ(random.word(), expected.second);
    EXPECT_EQ(random.uniform(), expected.uniform);
    EXPECT_EQ(random.bits(64), expected.bits64);
    EXPECT_EQ(random.bits(5), expected.bits5);
    EXPECT_EQ(random.bits(0), 0U);  // draws nothing
    EXPECT_EQ(random.bits(33), expected.bits33);
  }
}

TEST(RandomTest, GoesOnLikePythonBeyondOneBlockOfTheGenerator) {
  Random random(5);
  for (int i = 0; i < 2000; ++i) random.word();
  EXPECT_EQ(random.word(), 3742285322U);
  EXPECT_EQ(random.uniform(), 0.6495924893004277);
}

TEST(RandomTest, SamplesFromBigPoolsByRejection) {
  Random random(1234);
  EXPECT_EQ(random.sample(285, 5), (Indices{225, 59, 3, 46, 17}));
  EXPECT_EQ(random.sample(285, 5), (Indices{42, 50, 181, 121, 8}));
  Random other(1234);
  EXPECT_EQ(other.sample(1119, 25),
            (Indices{902, 239, 15,  185, 71,  171, 201, 726,  484, 35,  63,  32,  708,
                     991, 949, 304, 186, 374, 234, 29,  1030, 996, 511, 132, 1108}));
  EXPECT_EQ(other.word(), 3918363701U);
}

TEST(RandomTest, SamplesFromSmallPoolsBySwapping) {
  Random random(3);
  EXPECT_EQ(random.sample(21, 5), (Indices{7, 18, 17, 4, 11}));       // the last by swapping
  EXPECT_EQ(random.sample(22, 5), (Indices{19, 15, 20, 18, 2}));      // the first without
  EXPECT_EQ(random.sample(85, 6), (Indices{77, 1, 60, 33, 70, 29}));  // 21 + 64
  EXPECT_EQ(random.sample(86, 6), (Indices{24, 60, 69, 70, 50, 81}));
  EXPECT_EQ(random.sample(4, 4), (Indices{1, 0, 2, 3}));
  EXPECT_EQ(random.sample(1, 1), (Indices{0}));
  EXPECT_EQ(random.sample(9, 0), Indices{});
  EXPECT_EQ(random.word(), 2883690328U);
}

TEST(RandomTest, ChoosesWithRepetition) {
  Random random(0);
  EXPECT_EQ(random.choices(7, 12), (Indices{5, 5, 2, 1, 3, 2, 5, 2, 3, 4, 6, 3}));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(random.below(1), 0);  // draws bits all the same
  for (const int64_t expected : {633, 818, 256, 931}) EXPECT_EQ(random.below(1000), expected);
  EXPECT_EQ(random.below(int64_t{1} << 40), 679236027177);
  EXPECT_EQ(random.word(), 424185324U);
}

}  // namespace
}  // namespace e2lm
